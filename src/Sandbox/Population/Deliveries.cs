using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Muqeem.Agencies;
using Muqeem.Kernel;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Sandbox.Population;

/// <summary>A fault that was put into a delivery on purpose.</summary>
/// <param name="Code">The code that the report must have for it.</param>
/// <param name="Remark">The person is taken over all the same.</param>
public sealed record Spoilt(string Person, string Code, bool Remark);

/// <summary>What was written.</summary>
/// <param name="Whole">Persons against whom nothing stands.</param>
public sealed record Delivered(int Persons, IReadOnlyList<Spoilt> Spoilt)
{
    public int Whole => Persons - Spoilt.Where(s => !s.Remark).Select(s => s.Person).Distinct(StringComparer.Ordinal).Count();
}

/// <summary>The population as another register would deliver it (docs/handbook/take-over.md): for tests, for measuring, and for whoever writes an export and wants to see one.</summary>
public sealed class Deliveries(People people)
{
    private static readonly LocalDatePattern Iso = LocalDatePattern.Iso;
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private sealed class Rows
    {
        public required Dictionary<string, object?> Person { get; init; }
        public required List<Dictionary<string, object?>> Residences { get; init; }
        public required List<Dictionary<string, object?>> Documents { get; init; }
        public List<Dictionary<string, object?>> Cases { get; } = [];
    }

    private sealed record Way(string Code, Action<Rows> Spoil, bool Remark = false);

    /// <summary>Every way in which a row is spoilt, with the code that it must get.</summary>
    private static readonly Way[] Ways =
    [
        new("resident_number.check_digit", r => r.Person["resident_number"] = Neighbour((string)r.Person["resident_number"]!)),
        new("resident_number.is_citizen", r => r.Person["resident_number"] = "1000000008"),
        new("border_number.prefix", r => r.Person["border_number"] = "9000000001"),
        new("number.other_kind", r => r.Person["resident_number"] = "2123456788"),
        new("person.number_missing", r => { r.Person.Remove("resident_number"); r.Person.Remove("border_number"); r.Residences.Clear(); r.Documents.Clear(); }),
        new("arabic_name.latin_letters", r => r.Person["names_arabic"] = new[] { "Ahmad", "", "", "" }),
        new("latin_name.placeholder", r => r.Person["names_latin"] = new[] { "FNU", "", "", "RAHMAN" }),
        new("sex.unknown", r => r.Person["sex"] = "X"),
        new("nationality.unknown", r => r.Person["nationality"] = "QQQ"),
        new("birth_date.day_range", r => r.Person["birth"] = "1985-02-30"),
        new("birth_date.future", r => r.Person["birth"] = "2999-01-01"),
        new("birth.only_hijri", r => r.Person["birth"] = "1405-10-24"),
        new("passport_number.characters", r => r.Person["passport_number"] = "A1234567?"),
        new("mrz.check.composite", r => r.Person["mrz"] = "P<BGDRAHMAN<<MOHAMMAD<ABDUR<<<<<<<<<<<<<<<<<\nA012345678BGD9001011M3106305<<<<<<<<<<<<<<07"),
        new("mrz.differs", r => r.Person["mrz"] = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"),
        new("row.unknown_field", r => r.Person["colour"] = "green"),
        new("row.field_missing", r => r.Person.Remove("sex")),
        new("row.field_type", r => r.Person["names_latin"] = "ALI"),
        new("row.field_text", r => r.Residences[0]["employer_name"] = "bell\u0007"),
        new("category.unknown", r => r.Residences[0]["category"] = "visitor"),
        new("calendar.unknown", r => r.Residences[0]["calendar"] = "julian"),
        new("day.form", r => r.Residences[0]["from"] = "12/07/2026"),
        new("day.future", r => r.Residences[0]["issued"] = "2199-01-01"),
        new("term.backwards", r => r.Residences[0]["until"] = "1999-01-01"),
        new("term.too_long", r => r.Residences[0]["until"] = "2150-01-01"),
        new("term.months", r => r.Residences[0]["months"] = 0),
        new("end.incomplete", r => r.Residences[0]["end_reason"] = "departure"),
        new("end_reason.unknown", r => { r.Residences[0]["ended"] = r.Residences[0]["issued"]; r.Residences[0]["end_reason"] = "bored"; }),
        new("employer_number.prefix", r => r.Residences[0]["employer_number"] = "9000000001"),
        new("employer.kind", r => { r.Residences[0]["category"] = "establishment_worker"; r.Residences[0]["employer_number"] = "1000000008"; }),
        new("occupation.unknown", r => r.Residences[0]["occupation"] = "P999"),
        new("late_renewals.range", r => r.Residences[0]["late_renewals"] = -1),
        new("hold.unknown", r => r.Residences[0]["held"] = "ASLEEP"),
        new("residence.twice", r => r.Residences.Add(new(r.Residences[0]) { ["ended"] = r.Residences[0]["issued"], ["end_reason"] = "other" })),
        new("residence.two_in_force", r => r.Residences.Add(new(r.Residences[0]) { ["residence"] = "2" })),
        new("residence.number_missing", r => r.Person.Remove("resident_number")),
        new("document.residence_missing", r => r.Documents[0]["residence"] = "77"),
        new("document.number_twice", r => r.Documents.Insert(0, Former(r, 1, "lost"))),
        new("document.two_live", r => r.Documents.Add(new(r.Documents[0]) { ["number"] = 2, ["serial"] = SerialOf(r, 2) })),
        new("document.live_not_last", r => r.Documents.Add(Former(r, 2, "damaged"))),
        new("document.state", r => r.Documents[0]["state"] = "eaten"),
        new("document.serial", r => r.Documents[0]["serial"] = "small"),
        new("document.days", r => r.Documents[0]["expires"] = r.Documents[0]["issued"]),
        new("case.service_unknown", r => r.Cases.Add(Case(r, "ID.FLY"))),
        new("case.twice", r => r.Cases.AddRange([Case(r, "ID.RENEW"), Case(r, "ID.RENEW")])),
        new("case.answers", r => r.Cases.Add(new(Case(r, "ID.RENEW")) { ["answers"] = new Dictionary<string, object?> { [""] = "12" } })),
        new("birth.calendars_differ", r => r.Person["birth_hijri"] = "1350-01-01", Remark: true),
        new("birth.hijri_unreadable", r => r.Person["birth_hijri"] = "1405-13-40", Remark: true),
        new("passport.missing", r => { r.Person.Remove("passport_number"); r.Person.Remove("mrz"); }, Remark: true),
        new("mobile.unusable", r => r.Person["mobile"] = "12", Remark: true),
        new("residence.missing", r => { r.Residences.Clear(); r.Documents.Clear(); }, Remark: true),
        new("residence.long_expired", r => { r.Residences[0]["from"] = "2010-01-01"; r.Residences[0]["until"] = "2011-01-01"; }, Remark: true),
        new("term.longer_than_residence", r => r.Residences[0]["months"] = 60, Remark: true),
        new("document.missing", r => r.Documents.Clear(), Remark: true),
        new("document.expired", r => { r.Documents[0]["issued"] = "2015-01-01"; r.Documents[0]["expires"] = "2020-01-01"; }, Remark: true),
        new("document.residence_ended", r => { r.Residences[0]["ended"] = r.Residences[0]["issued"]; r.Residences[0]["end_reason"] = "departure"; }, Remark: true),
    ];

    /// <summary>The codes of which a spoilt delivery has at least one, given enough people.</summary>
    public static IReadOnlyList<string> Codes { get; } = [.. Ways.Select(w => w.Code), "number.twice", "row.orphan"];

    /// <summary>Writes a delivery of the first <paramref name="count"/> residents from <paramref name="from"/> on.</summary>
    /// <param name="spoilEach">Every so manieth person is spoilt, each in the next way; 0: nobody is.</param>
    /// <param name="mend">What is only remarked upon stays as it is, the rest is whole: as the corrected delivery would have it.</param>
    public Delivered Write(string folder, int count, int from = 0, int spoilEach = 0, bool mend = false, Func<Person, bool>? only = null)
    {
        Directory.CreateDirectory(folder);
        var spoilt = new List<Spoilt>();
        var number = 0;
        string? borrowed = null;
        using (var files = new Files(folder))
        {
            for (var index = from; number < count; index++)
            {
                // A family whose head is a newcomer cannot be delivered: its members have nobody to name.
                if (people.At(index) is not { Alive: true, Residence: not null, Passports.Count: > 0 } person || (only is not null && !only(person)) || RowsOf(person) is not { } rows)
                {
                    continue;
                }
                var key = (string)rows.Person["person"]!;
                if (spoilEach > 0 && number % spoilEach == spoilEach - 1)
                {
                    var turn = number / spoilEach % (Ways.Length + 2);
                    if (turn < Ways.Length)
                    {
                        spoilt.Add(new(key, Ways[turn].Code, Ways[turn].Remark));
                        if (!mend || Ways[turn].Remark)
                        {
                            Ways[turn].Spoil(rows);
                        }
                    }
                    else if (turn == Ways.Length ? number + spoilEach < count : borrowed is not null)
                    {
                        // Two spoilt persons after each other have the same passport.
                        borrowed = turn == Ways.Length ? (string)rows.Person["passport_number"]! : borrowed;
                        spoilt.Add(new(key, "number.twice", false));
                        if (!mend)
                        {
                            rows.Person["passport_number"] = borrowed;
                            rows.Person["nationality"] = "BGD";
                        }
                    }
                }
                files.Add(rows, spoilEach > 0 && !mend && number == 0);
                number++;
            }
            files.WriteManifest($"stand-in population {people.Seed} of {Iso.Format(people.Origin)}");
        }
        return new(number, spoilt);
    }

    private Rows? RowsOf(Person p)
    {
        var residence = p.Residence!;
        // Some were renewed ahead: what is delivered was issued by the day on which the world began.
        var issued = LocalDate.Min(residence.IssuedOn, people.Origin);
        var key = "p" + p.Index.ToString("D9", CultureInfo.InvariantCulture);
        var (employer, name) = p switch
        {
            { Category: ResidenceCategory.Dependent, Head: { } head } when people.At(head) is var of => (of.Number, of.Name.FullAr),
            { Household: { } household } => (household.Number, household.Name.FullAr),
            { Establishment: { } establishment } => (p.EmployerNumber!, people.EstablishmentAt(establishment).NameAr),
            _ => (p.EmployerNumber ?? "", "—"),
        };
        if (!EmployerNumber.Parse(employer).Ok || (p.Category == ResidenceCategory.Dependent && !ResidentNumber.Parse(employer).Ok))
        {
            return null;
        }
        var passport = p.Passports[0];
        var months = Math.Max(1, Period.Between(issued, residence.ExpiresOn.PlusDays(1), PeriodUnits.Months).Months);
        var person = new Dictionary<string, object?>
        {
            ["person"] = key,
            ["resident_number"] = p.ResidentNumber,
            ["border_number"] = p.BorderNumber,
            ["names_arabic"] = Four(p.Name.Ar),
            ["names_latin"] = Four(p.Name.En),
            ["sex"] = p.Sex,
            ["birth"] = BirthDate.Of(p.Birth, Enum.Parse<BirthPrecision>(p.Precision.ToString())).ToString(),
            ["nationality"] = p.Nationality.Code,
            ["passport_number"] = passport.Number,
            ["mobile"] = p.Mobile,
        };
        if (p.Mobile is null)
        {
            person.Remove("mobile");
        }
        return new()
        {
            Person = person,
            Residences =
            [
                new()
                {
                    ["person"] = key,
                    ["residence"] = "1",
                    ["category"] = p.Category switch { ResidenceCategory.Establishment => "establishment_worker", ResidenceCategory.Household => "household_worker", _ => "dependent" },
                    ["from"] = Iso.Format(issued),
                    ["until"] = Iso.Format(residence.ExpiresOn),
                    ["months"] = months,
                    ["calendar"] = "gregorian",
                    ["issued"] = Iso.Format(issued),
                    ["employer_number"] = employer,
                    ["employer_name"] = name,
                    ["occupation"] = residence.OccupationCode,
                },
            ],
            Documents =
            [
                new()
                {
                    ["person"] = key,
                    ["residence"] = "1",
                    ["number"] = 1,
                    ["serial"] = "S" + p.Index.ToString("D8", CultureInfo.InvariantCulture),
                    ["state"] = "live",
                    ["issued"] = Iso.Format(issued),
                    ["expires"] = Iso.Format(issued.PlusYears(5)),
                },
            ],
        };
    }

    private static string[] Four(IReadOnlyList<string> parts) => [.. parts.Concat(["", "", "", ""]).Take(4)];

    private static string Neighbour(string number) => number[..^1] + (char)('0' + ((number[^1] - '0' + 1) % 10));

    private static string SerialOf(Rows rows, int number) => $"{((string)rows.Documents[0]["serial"]!)[..9]}N{number}";

    private static Dictionary<string, object?> Former(Rows rows, int number, string state) =>
        new(rows.Documents[0]) { ["number"] = number, ["state"] = state, ["ended"] = rows.Documents[0]["issued"], ["serial"] = SerialOf(rows, number) };

    private static Dictionary<string, object?> Case(Rows rows, string service) => new() { ["person"] = rows.Person["person"], ["service"] = service, ["since"] = "2026-01-15", ["answers"] = new Dictionary<string, object?> { ["months"] = "12" } };

    /// <summary>The files of a delivery, written as they come, with their digests.</summary>
    private sealed class Files : IDisposable
    {
        private static readonly string[] Names = ["persons.jsonl", "residences.jsonl", "documents.jsonl", "cases.jsonl"];

        private readonly string _folder;
        private readonly (Stream Stream, IncrementalHash Hash)[] _files;
        private readonly int[] _rows = new int[4];

        public Files(string folder)
        {
            _folder = folder;
            _files = [.. Names.Select(n => ((Stream)new BufferedStream(File.Create(Path.Combine(folder, n)), 1 << 20), IncrementalHash.CreateHash(HashAlgorithmName.SHA256)))];
        }

        public void Add(Rows rows, bool orphan)
        {
            Write(0, rows.Person);
            rows.Residences.ForEach(r => Write(1, r));
            rows.Documents.ForEach(r => Write(2, r));
            rows.Cases.ForEach(r => Write(3, r));
            if (orphan)
            {
                Write(1, new Dictionary<string, object?> { ["person"] = rows.Person["person"] + "x", ["residence"] = "1" });
            }
        }

        public void WriteManifest(string source)
        {
            foreach (var (stream, _) in _files)
            {
                stream.Flush();
            }
            using var stream2 = File.Create(Path.Combine(_folder, "manifest.json"));
            using var json = new Utf8JsonWriter(stream2, Readable);
            json.WriteStartObject();
            json.WriteString("format", "muqeem-take-over/1");
            json.WriteString("source", source);
            json.WriteString("kind", "demonstration");
            json.WriteStartArray("files");
            for (var i = 0; i < Names.Length; i++)
            {
                json.WriteStartObject();
                json.WriteString("name", Names[i]);
                json.WriteNumber("rows", _rows[i]);
                json.WriteString("sha256", Convert.ToHexStringLower(_files[i].Hash.GetHashAndReset()));
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }

        public void Dispose()
        {
            foreach (var (stream, hash) in _files)
            {
                stream.Dispose();
                hash.Dispose();
            }
        }

        private void Write(int file, Dictionary<string, object?> row)
        {
            using var line = new MemoryStream();
            using (var json = new Utf8JsonWriter(line, Readable))
            {
                Write(json, row);
            }
            line.WriteByte((byte)'\n');
            _files[file].Stream.Write(line.GetBuffer(), 0, (int)line.Length);
            _files[file].Hash.AppendData(line.GetBuffer(), 0, (int)line.Length);
            _rows[file]++;
        }

        private static void Write(Utf8JsonWriter json, object? value)
        {
            switch (value)
            {
                case Dictionary<string, object?> row:
                    json.WriteStartObject();
                    foreach (var (name, field) in row)
                    {
                        json.WritePropertyName(name);
                        Write(json, field);
                    }
                    json.WriteEndObject();
                    break;
                case IEnumerable<string> parts:
                    json.WriteStartArray();
                    foreach (var part in parts)
                    {
                        json.WriteStringValue(part);
                    }
                    json.WriteEndArray();
                    break;
                case int number:
                    json.WriteNumberValue(number);
                    break;
                case string text:
                    json.WriteStringValue(text);
                    break;
                default:
                    json.WriteNullValue();
                    break;
            }
        }
    }
}
