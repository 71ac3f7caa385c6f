using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Muqeem.Demo;

/// <summary>What a person's ID leaves for others to check, as files: the forms of the ID, and what a verifier needs beside them.</summary>
public sealed class Evidence(Resident person, Wallet wallet)
{
    /// <summary>As they were while the ID was valid: a card in somebody's hand stays as it is.</summary>
    private readonly Dictionary<string, byte[]> _drawn = new(StringComparer.Ordinal);
    private string _sdJwt = "", _mdoc = "";
    private JsonElement _card;
    private byte[] _live = [];

    private byte[] _receipt = [], _proof = [];

    /// <summary>What the card's code says.</summary>
    public string CardCode => _card.GetProperty("code").GetString()!;

    /// <summary>Fetches the forms of the ID while it is valid, and the receipt of its issue.</summary>
    /// <param name="application">The case that issued it.</param>
    public async Task FetchAsync(string application)
    {
        var receipts = application.Replace("applications/", "cases/", StringComparison.Ordinal) + "/receipts";
        var issued = default(JsonElement);
        await Installation.UntilAsync(async () =>
        {
            issued = (await wallet.GetAsync(receipts)).EnumerateArray().LastOrDefault();
            return issued.ValueKind == JsonValueKind.Object && issued.GetProperty("ready").GetBoolean();
        }, "the decision's entry is in the journal", 20);
        var at = $"api/v1/{receipts}/{issued.GetProperty("act").GetString()}";
        (_receipt, _proof) = (await wallet.BytesAsync(at), await wallet.BytesAsync(at + "/proof"));

        _sdJwt = await wallet.CredentialAsync("dc+sd-jwt");
        _mdoc = await wallet.CredentialAsync("mso_mdoc");
        _card = await wallet.PostAsync("id/card");
        foreach (var what in new[] { "front", "back", "pdf", "codePicture" })
        {
            _drawn[what] = await wallet.BytesAsync(_card.GetProperty(what).GetString()!);
        }
        await person.Browser.OpenAsync("id");
        _live = await person.Browser.PictureAsync("svg.qr");
    }

    /// <summary>The address of the list in which the credentials' status stands, on this installation.</summary>
    public string StatusList
    {
        get
        {
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(_sdJwt.Split('.')[1]));
            return new Uri(claims.RootElement.GetProperty("status").GetProperty("status_list").GetProperty("uri").GetString()!).AbsolutePath;
        }
    }

    /// <summary>Does what changes the status, and waits until the list that others fetch says so.</summary>
    public async Task ChangeAsync(Func<Task> act)
    {
        var before = Packed(await wallet.BytesAsync(StatusList));
        await act();
        await Installation.UntilAsync(async () => Packed(await wallet.BytesAsync(StatusList)) != before, "the status list follows", 10);
    }

    /// <summary>What anybody is told who asks about the card's code.</summary>
    public async Task<string> VerdictAsync()
    {
        var said = await wallet.PostAsync("verify", new { text = CardCode });
        return said.TryGetProperty("reason", out var reason) && reason.ValueKind == JsonValueKind.String ? reason.GetString()! : said.GetProperty("verdict").GetString()!;
    }

    /// <summary>Writes all of it, with the lists and the bundle as they are now.</summary>
    public async Task WriteAsync(string folder)
    {
        Directory.CreateDirectory(folder);
        async Task Put(string name, byte[] bytes) => await File.WriteAllBytesAsync(Path.Combine(folder, name), bytes);
        Task PutText(string name, string text) => Put(name, Encoding.UTF8.GetBytes(text));
        await PutText("resident-id.sd-jwt", _sdJwt);
        await PutText("resident-id.mdoc", _mdoc);
        await PutText("holder-key.jwk", wallet.KeyJson());
        await PutText("mrz.txt", string.Join('\n', _card.GetProperty("mrz").EnumerateArray().Select(l => l.GetString())) + "\n");
        await Put("qr-live.png", _live);
        await Put("qr-card.png", await PictureAsync(Encoding.UTF8.GetString(_drawn["codePicture"])));
        await Put("card-front.png", _drawn["front"]);
        await Put("card-back.png", _drawn["back"]);
        await Put("card.pdf", _drawn["pdf"]);
        await Put("iaca.pem", await wallet.BytesAsync("trust/root.pem"));
        await Put("signers.pem", await wallet.BytesAsync("trust/signers.pem"));
        await Put("status-list.jwt", await wallet.BytesAsync(StatusList));
        await Put("status-list.cwt", await wallet.BytesAsync(StatusList, "application/statuslist+cwt"));
        await Put("receipt.json", _receipt);
        await Put("receipt.tlog-proof", _proof);
        await Put("trust-list.jose", await wallet.BytesAsync("trust/list.jose"));
        await Put("bundle.jwt", await BundleAsync());
        await Put("checkpoint", await wallet.BytesAsync("journal/checkpoint"));
        await Put("journal.vkey", await wallet.BytesAsync("journal/vkey"));
    }

    private async Task<byte[]> PictureAsync(string svg)
    {
        // Whole pixels for each module: decoders are to be tried on the code, not on the scaling.
        var modules = int.Parse(Regex.Match(svg, "viewBox=\"0 0 ([0-9]+) ").Groups[1].Value, CultureInfo.InvariantCulture);
        // On a page of nobody, whose policy does not forbid the width.
        await person.Browser.Page.GotoAsync("about:blank");
        await person.Browser.Page.SetContentAsync($"<body style='margin:0'><div style='width:{4 * modules}px'>{svg}</div></body>");
        return await person.Browser.PictureAsync("svg");
    }

    /// <summary>The bundle that holds the list as it is now: it is looked at every ten seconds.</summary>
    private async Task<byte[]> BundleAsync()
    {
        var list = Encoding.ASCII.GetString(await wallet.BytesAsync(StatusList));
        byte[] bundle = [];
        await Installation.UntilAsync(async () =>
        {
            bundle = await wallet.BytesAsync("trust/bundle");
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(Encoding.ASCII.GetString(bundle).Split('.')[1]));
            return claims.RootElement.GetRawText().Contains(list, StringComparison.Ordinal);
        }, "the bundle follows", 30);
        return bundle;
    }

    /// <summary>The packed entries of a list's token.</summary>
    private static string Packed(byte[] token)
    {
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(Encoding.ASCII.GetString(token).Split('.')[1]));
        return claims.RootElement.GetProperty("status_list").GetProperty("lst").GetString()!;
    }
}
