using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Host;
using Muqeem.Kernel;
using Muqeem.Payments;
using Muqeem.Platform.Database;
using Muqeem.Platform.Files;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Signatures;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.Sandbox.Population;
using Muqeem.SignIn;
using Muqeem.SignIn.Book;
using NodaTime;
using NodaTime.Text;
using Npgsql;

namespace Muqeem.Bench;

/// <summary>Where the pieces are, and the settings that all processes share.</summary>
internal sealed record Site(string Root, string Scratch, int FirstPort, Uri Sandbox, MessageSigner PaymentSigner, IReadOnlyDictionary<string, string> Keys)
{
    /// <summary>The private keys of the stand-ins, for their process; empty when they have their own.</summary>
    public IReadOnlyDictionary<string, byte[]> PrivateKeys { get; init; } = new Dictionary<string, byte[]>();

    /// <summary>Ports that products may have.</summary>
    private const int Ports = 8;

    /// <summary>What the stand-ins are told of keys: their own, and where those of all products are.</summary>
    public IEnumerable<string> StandInKeys =>
    [
        .. AgenciesSetup.All.Where(a => PrivateKeys.ContainsKey(a.Name)).SelectMany(a => new[] { $"--Keys:{a.Prefix}", Convert.ToBase64String(PrivateKeys[a.Name]) }),
        "--Muqeem:Keys", string.Join(' ', Enumerable.Range(1, Ports).Select(n => $"http://127.0.0.1:{FirstPort + n}/trust/exchange.json")),
    ];

    public static Process Start(string assembly, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string>> environment, string log)
    {
        var start = new ProcessStartInfo("dotnet", [assembly, .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }
        var process = Process.Start(start)!;
        var file = TextWriter.Synchronized(new StreamWriter(log) { AutoFlush = true });
        process.OutputDataReceived += (_, line) => file.WriteLine(line.Data);
        process.ErrorDataReceived += (_, line) => file.WriteLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    public string Built(string project) => Path.Combine(Root, "src", project, "bin", "Release", "net10.0", $"Muqeem.{project}.dll");
}

/// <summary>A resident with a session and a draft that is ready to be sent, and an officer who will decide it.</summary>
internal sealed record Applicant(Guid Case, string Token, string Officer, string Number)
{
    public byte[] Prepare { get; } = Caller.Request("POST", $"/api/v1/cases/{Case}/prepare", Token, Guid.CreateVersion7(), null);
    public byte[] Submit { get; } = Caller.Request("POST", $"/api/v1/cases/{Case}/submit", Token, Guid.CreateVersion7(), null);
    public byte[] Approve { get; } = Caller.Request("POST", $"/api/v1/office/cases/{Case}/approve", Officer, Guid.CreateVersion7(), """{"reason":"approve.explained"}""");
    public byte[] Id { get; } = Caller.Request("GET", "/api/v1/id", Token, null, null);
}

/// <summary>One database with people in it, and the product serving it as a process of its own.</summary>
internal sealed class Product : IAsyncDisposable
{
    private const int Officers = 16;

    /// <summary>Nobody of the population is called so: every case differs from the register in its Arabic name, and an officer decides.</summary>
    private const string OtherName = "غالب ناصر العتيق";

    private static readonly LocalDatePattern Iso = LocalDatePattern.Iso;
    private readonly Site _site;
    private readonly Dictionary<string, string> _settings;
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly NpgsqlDataSource? _postgres;
    private Process? _host;

    public Product(Site site, string name, int port, string? postgres, int? largestGroup)
    {
        (_site, Name, Port) = (site, name, port);
        var data = Path.Combine(site.Scratch, name);
        Options = new DatabaseOptions { Data = data, PostgreSql = postgres };
        _postgres = postgres is null ? null : NpgsqlDataSource.Create(postgres + ";Maximum Pool Size=8;Max Auto Prepare=4;Auto Prepare Min Usages=1;No Reset On Close=true");
        _settings = new(site.Keys)
        {
            ["urls"] = $"http://127.0.0.1:{port}",
            ["Data"] = data,
            ["Kind"] = "demonstration",
            ["Agencies:Sandbox"] = site.Sandbox.ToString(),
            ["Api:AccountPerMinute"] = "600000000",
            ["Api:AddressPerMinute"] = "600000000",
            ["Logging:LogLevel:Default"] = "Warning",
        };
        if (postgres is not null)
        {
            _settings["PostgreSql"] = postgres;
        }
        if (largestGroup is { } largest)
        {
            _settings["LargestGroup"] = largest.ToString(CultureInfo.InvariantCulture);
        }
    }

    public string Name { get; }
    public int Port { get; }
    public int Pid => _host!.Id;
    public DatabaseOptions Options { get; }
    public MessageSigner PaymentSigner => _site.PaymentSigner;

    /// <summary>What its process is told.</summary>
    public IReadOnlyDictionary<string, string> Settings => _settings;
    public ConcurrentQueue<Applicant> Waiting { get; } = new();

    /// <summary>Persons, accounts, sessions and drafts, made by the product's own parts in this process, which then lets go of the database.</summary>
    /// <param name="more">What else is entered by the product's own parts.</param>
    public async Task PopulateAsync(People people, IEnumerator<int> newcomers, int count, Func<IServiceProvider, Task>? more = null)
    {
        await using var app = MuqeemHost.Build([], _settings.ToDictionary(s => s.Key, s => (string?)s.Value), services => services.AddLogging(log => log.ClearProviders()));
        await app.StartAsync();
        var officers = new string[Officers];
        for (var i = 0; i < Officers; i++)
        {
            (officers[i], _) = await SignInAsync(app, PersonId.New(app.Services.GetRequiredService<TimeProvider>()), OfficeRole.Officer, null);
        }
        var chosen = new List<Person>();
        while (chosen.Count < count)
        {
            newcomers.MoveNext();
            chosen.Add(people.At(newcomers.Current));
        }
        await Parallel.ForEachAsync(chosen, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (person, _) =>
            Waiting.Enqueue(await ReadDoor.RunAsync(() => ApplyAsync(app, people, person, officers[person.Index % Officers]))));
        if (more is not null)
        {
            await more(app.Services);
        }
        await app.StopAsync();
    }

    /// <summary>A newcomer against whom nothing stands in any record.</summary>
    public static IEnumerator<int> Newcomers(People people)
    {
        var today = people.Origin;
        for (var index = Stories.Reserved; ; index++)
        {
            var p = people.At(index);
            if (p is
                {
                    ResidentNumber: null, Category: ResidenceCategory.Establishment, Entry: not null, Alive: true, Flags.Count: 0, Location: Whereabouts.Inside, AbsentSince: null, SlowAgency: null, DownAgency: null, Fitness.Fit: true,
                    Biometrics: { Fingerprint: true, Face: true }, Violations.Count: 0, Suspensions.Count: 0, Address: not null
                }
                && p.Cover is { } cover && cover.From <= today && cover.To > today.PlusYears(1).PlusDays(30)
                && p.Passports[0].ExpiryDate > today.PlusYears(1) && p.Movements is [{ Direction: MovementDirection.In } entry, ..] && entry.At.DayInRiyadh() > today.PlusDays(-80)
                && people.DiscrepancyOf(p) is null && people.EstablishmentBy(p.EmployerNumber!) is { Suspended: false })
            {
                yield return index;
            }
        }
    }

    private static async Task<Applicant> ApplyAsync(WebApplication app, People people, Person person, string officer)
    {
        var clock = app.Services.GetRequiredService<TimeProvider>();
        var (token, session) = await SignInAsync(app, null, OfficeRole.None, new PersonRecord
        {
            BorderNumber = person.BorderNumber,
            NamesArabic = person.Name.Ar,
            NamesLatin = person.Name.En,
            FullNameArabic = person.Name.FullAr,
            FullNameLatin = person.Name.FullEn,
            Sex = person.Sex,
            BirthDate = Iso.Format(person.Birth),
            BirthPrecision = person.Precision.ToString().ToUpperInvariant(),
            Nationality = person.Nationality.Code,
            PassportNumber = person.Passports[0].Number,
            Mobile = person.Mobile,
            AsOf = clock.Now(),
        });
        var hand = people.InHandOf(person);
        var answers = new Dictionary<string, string>
        {
            ["mrz"] = string.Join('\n', hand.Passport.Mrz),
            ["passportPage"] = await FileAsync(app, session.Person, "passport_page"),
            ["photo"] = await FileAsync(app, session.Person, "face_photo"),
            ["nameArabic"] = OtherName,
            ["occupation"] = hand.Typed.OccupationCode,
            ["employerNumber"] = hand.Typed.EmployerNumber!,
            ["shortAddress"] = hand.Typed.ShortAddress!,
            ["months"] = "12",
            ["truth"] = "yes",
        };
        var started = await app.Services.GetRequiredService<CaseEngine>().StartAsync(
            new Operation(session.Actor, Guid.CreateVersion7(), Digest.Of("start")), session.Account, session.Person, "issue", answers);
        return started is CaseOutcome.Done done ? new(done.Case.Value, token, officer, person.BorderNumber) : throw new InvalidOperationException($"No draft for {person.Index}: {started}");
    }

    /// <summary>A file as the upload pages leave it, but for the picture, which nobody opens here.</summary>
    private static async Task<string> FileAsync(WebApplication app, PersonId person, string kind)
    {
        var clock = app.Services.GetRequiredService<TimeProvider>();
        var id = Guid.CreateVersion7();
        var change = new Change(new Act(ActId.New(clock), "bench.upload", Actor.System("bench"), Guid.CreateVersion7(), Digest.Of(kind), clock.Now()) { Person = person });
        var name = await app.Services.GetRequiredService<Sealer>().SealAsync(change, new SealContext(person, RetentionClass.Document, "upload", id), kind + ".jpg");
        change.Rows.Add(UploadTables.Upload.Insert(id, person.Value, null, kind, Digest.Of(id.ToString())[..16], "jpg", 1, 1, 1, 1, clock.Now(), name));
        return await app.Services.GetRequiredService<IWriter>().WriteAsync(change) is WriteOutcome.Done ? id.ToString() : throw new InvalidOperationException("No file.");
    }

    private static async Task<(string Token, Session Session)> SignInAsync(WebApplication app, PersonId? staff, OfficeRole roles, PersonRecord? record)
    {
        var services = app.Services;
        var clock = services.GetRequiredService<TimeProvider>();
        var now = clock.Now();
        var change = new Change(new Act(ActId.New(clock), "bench.account", Actor.System("bench"), Guid.CreateVersion7(), Digest.Of("account"), now));
        var person = staff ?? await services.GetRequiredService<Persons>().AddAsync(change, record!);
        // The password is never asked for: nobody signs in here, sessions are handed out.
        var account = new AccountRow(AccountId.New(clock).Value, 0, person.Value, staff is null ? nameof(AccountKind.Resident) : nameof(AccountKind.Office), nameof(AccountState.Active),
            staff is null ? nameof(Proofing.Mobile) : nameof(Proofing.Office), OfficeRoles.Write(roles), staff is null ? null : "Riyadh", "ar", "none", now, now);
        change.Heads.Add(account.Next());
        var starting = await services.GetRequiredService<Sessions>().StartAsync(change, account, new Visitor("bench", null, "bench", "ar"), shared: false, accountIsNew: true, default);
        var writer = services.GetRequiredService<IWriter>();
        if (await writer.WriteAsync(change) is not WriteOutcome.Done)
        {
            throw new InvalidOperationException("No account.");
        }
        // Ten idle minutes end a session; those of the last round wait longer than that for their turn.
        await writer.WriteAsync(new Change(null) { Rows = { SignInTables.SessionSeen.Put(starting.Session.Id.Value, now + Duration.FromHours(4)) } });
        return (starting.Token, starting.Session);
    }

    /// <summary>Starts serving. Returns the seconds from the start of the process to its first page.</summary>
    public async Task<double> ServeAsync()
    {
        var from = Stopwatch.GetTimestamp();
        _host = Site.Start(_site.Built("Host"), ["serve"], _settings, Path.Combine(_site.Scratch, Name + ".log"));
        var page = Caller.Request("GET", "/ar", null, null, null);
        while (true)
        {
            if (_host.HasExited || Stopwatch.GetElapsedTime(from).TotalSeconds > 60)
            {
                throw new InvalidOperationException($"Muqeem did not start, see {Name}.log.");
            }
            try
            {
                using var caller = new Caller(Port);
                if (await caller.SendAsync(page) == 200)
                {
                    return Stopwatch.GetElapsedTime(from).TotalSeconds;
                }
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                // Not listening yet.
            }
            await Task.Delay(10);
        }
    }

    public async Task StopAsync()
    {
        if (_host is null)
        {
            return;
        }
        if (!_host.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", _host.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync();
            await _host.WaitForExitAsync();
        }
        _host.Dispose();
        _host = null;
    }

    /// <summary>The bill of a case, which the gateway would know from the outbox.</summary>
    public async ValueTask<(Guid Bill, long Halalas)> BillAsync(Guid @case)
    {
        if (_postgres is not null)
        {
            await using var command = _postgres.CreateCommand("SELECT id, total FROM bill WHERE case_id = $1");
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = @case });
            await using var row = await command.ExecuteReaderAsync();
            return await row.ReadAsync() ? (row.GetGuid(0), row.GetInt64(1)) : throw new InvalidOperationException($"Case {@case} has no bill.");
        }
        return Sqlite("SELECT id, total FROM bill WHERE case_id = @id", row => row.Read() ? (Guid.Parse(row.GetString(0)), row.GetInt64(1)) : throw new InvalidOperationException($"Case {@case} has no bill."), @case);
    }

    /// <summary>Messages to the agencies that wait to be sent.</summary>
    public async Task<long> WaitingMessagesAsync()
    {
        const string sql = "SELECT count(*) FROM delivery WHERE state = 'waiting'";
        if (_postgres is null)
        {
            return Sqlite(sql, row => row.Read() ? row.GetInt64(0) : 0, null);
        }
        await using var command = _postgres.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Waits until the messages that follow from a slice are out, so that the next slice does not pay for them.</summary>
    public async Task DrainAsync(TimeSpan atMost)
    {
        for (var from = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(from) < atMost && await WaitingMessagesAsync() > 0;)
        {
            await Task.Delay(100);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var reader in _readers)
        {
            await reader.DisposeAsync();
        }
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }
    }

    private T Sqlite<T>(string sql, Func<SqliteDataReader, T> read, Guid? id)
    {
        if (!_readers.TryTake(out var connection))
        {
            connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(Options.Data, "muqeem.db"), Mode = SqliteOpenMode.ReadOnly, Pooling = false, DefaultTimeout = 10 }.ConnectionString);
            connection.Open();
        }
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        if (id is { } value)
        {
            command.Parameters.AddWithValue("@id", value.ToString("D"));
        }
        using var rows = command.ExecuteReader();
        var result = read(rows);
        _readers.Add(connection);
        return result;
    }
}
