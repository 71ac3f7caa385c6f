#!/bin/sh
# Makes the Arabic web fonts: the letters that Arabic, Urdu names and Pashto need, out of IBM Plex Sans Arabic.
#   apt-get install python3-fonttools python3-brotli; npm pack @fontsource/ibm-plex-sans-arabic@5.3.0 && tar xzf fontsource-*.tgz
#   scripts/fonts.sh package
# The Open Font License reserves the name, so the subset has another; the licence lies beside the fonts.
set -eu
python=${PYTHON:-/usr/bin/python3}
from=$1
to=src/Platform/Pages/Assets
letters=U+060C,U+061B,U+061F,U+0621-063A,U+0640-0652,U+0660-066C,U+0670,U+067C,U+067E,U+0679,U+0681,U+0685,U+0686,U+0688,U+0689,U+0691,U+0693,U+0696,U+0698,U+069A,U+06A9,U+06AF,U+06BA,U+06BC,U+06BE,U+06C1,U+06CC,U+06CD,U+06D0,U+06D2,U+06D4,U+200C-200F,U+2066-2069
for weight in 400 700; do
    "$python" -m fontTools.subset "$from/files/ibm-plex-sans-arabic-arabic-$weight-normal.woff2" --unicodes="$letters" --layout-features=ccmp,locl,isol,init,medi,fina,rlig,liga,calt,curs,mark,mkmk,kern --no-hinting --desubroutinize --flavor=woff2 \
        --name-IDs='0,1,2,3,4,6,13,14' --output-file="$to/muqeem-arabic-$weight.woff2"
    "$python" - "$to/muqeem-arabic-$weight.woff2" "$weight" <<'PYTHON'
import sys
from fontTools.ttLib import TTFont
path, weight = sys.argv[1:]
font = TTFont(path)
style = "Bold" if weight == "700" else "Regular"
for record in list(font["name"].names):
    if record.nameID in (1, 3, 4, 6):
        text = {1: "Muqeem Arabic", 3: f"Muqeem Arabic {style}", 4: f"Muqeem Arabic {style}", 6: f"MuqeemArabic-{style}"}[record.nameID]
        font["name"].setName(text, record.nameID, record.platformID, record.platEncID, record.langID)
font.flavor = "woff2"
font.save(path)
PYTHON
done
cp "$from/LICENSE" "$to/muqeem-arabic.licence.txt"
ls -l "$to"
