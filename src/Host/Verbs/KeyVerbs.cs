using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using NodaTime;

namespace Muqeem.Host.Verbs;

/// <summary><c>muqeem keys …</c>: the life of the keys. All but the rotation of data keys work beside a running service, which takes over what they did within a minute.</summary>
internal static class KeyVerbs
{
    public const string Usage = """
        muqeem keys: the life of the keys.

          list                                        every key with state and dates, and what is due; exits 1 when something is late
          ceremony  --Out=DIR --Country=SA --Organization=… --Name=… --Contact=URI --RevocationList=URI
                    [--Years=20] [--Witnesses="A;B"] [--PassphraseFile=FILE]
                                                      makes the root, on a machine without network; prints the protocol
          request   --Purpose=document-signer|status-list|qr-signer|live-qr|receipt|all --Out=DIR
                                                      makes keys that wait for a certificate, and their requests
          certify   --Ceremony=DIR --From=DIR [--Start=2027-01-31] [--Witnesses="A;B"] [--PassphraseFile=FILE]
                                                      with the root: certifies the requests in DIR and renews the revocation list
          install   --From=DIR [--Root=FINGERPRINT]   takes certificates and list into the store; a root only with its fingerprint
          revoke    KEY --Reason=compromise|superseded|ended [--Out=DIR]
                                                      withdraws a signer at once; DIR goes to the ceremony
          rotate    PURPOSE                           a new key; the former stays for what it was used on. With data-keys every
                                                      data key is wrapped anew; stopped anywhere, the same command goes on
          destroy   KEY                               destroys a retired key for good

        The data folder is --Data=DIR, as for serve.
        """;

    private static readonly string[] Verbs = ["list", "ceremony", "request", "certify", "install", "revoke", "rotate", "destroy"];

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var verb, .. var rest] || !Verbs.Contains(verb))
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }
        var configuration = new ConfigurationBuilder().SetBasePath(AppContext.BaseDirectory).AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables().AddCommandLine(rest).Build();
        var operand = rest is [var first, ..] && !first.StartsWith('-') ? first : null;
        try
        {
            return verb switch
            {
                "ceremony" => MakeRoot(configuration),
                "certify" => Certify(configuration),
                "rotate" when operand == KeyPurpose.DataKeys.Word() => await RotateDataKeysAsync(configuration),
                "destroy" => await DestroyAsync(operand ?? throw new CertificateRefusedException("Name the key: muqeem keys destroy KEY"), configuration),
                _ => WithStore(verb, operand, configuration),
            };
        }
        catch (Exception e) when (e is CertificateRefusedException or KeyUnavailableException or InvalidOperationException)
        {
            await Console.Error.WriteLineAsync("muqeem: " + e.Message);
            return 1;
        }
    }

    private static int WithStore(string verb, string? operand, IConfiguration configuration)
    {
        var folder = DataFolder.Open(DatabaseOptions.From(configuration).Data, null, TimeProvider.System);
        using var keys = KeyStore.Open(folder, KeySettings.From(configuration), new MovableClock(folder, TimeProvider.System));
        switch (verb)
        {
            case "list":
                return List(keys);
            case "request":
                var word = Needed(configuration, "Purpose");
                var purposes = word == "all" ? Enum.GetValues<KeyPurpose>().Where(p => p.IsCertified()).ToArray() : [PurposeOf(word)];
                Print(KeyCarrier.Request(keys, purposes, Needed(configuration, "Out")));
                return 0;
            case "install":
                Print(KeyCarrier.Install(keys, Needed(configuration, "From"), configuration["Root"]));
                return 0;
            case "revoke":
                var revoked = keys.Revoke(operand ?? throw new CertificateRefusedException("Name the key: muqeem keys revoke KEY --Reason=…"), Needed(configuration, "Reason") switch
                {
                    "compromise" => X509RevocationReason.KeyCompromise,
                    "superseded" => X509RevocationReason.Superseded,
                    "ended" => X509RevocationReason.CessationOfOperation,
                    var other => throw new CertificateRefusedException($"The reason is compromise, superseded or ended, not '{other}'."),
                });
                Console.WriteLine($"{revoked.Id} is revoked and signs nothing more.");
                if (configuration["Out"] is { Length: > 0 } carrier)
                {
                    Print(KeyCarrier.Request(keys, [], carrier));
                }
                return 0;
            default:
                var made = keys.Rotate(PurposeOf(operand ?? throw new CertificateRefusedException("Name the purpose: muqeem keys rotate PURPOSE")));
                Console.WriteLine($"{made.Id} is {made.State.ToString().ToLowerInvariant()}.");
                return 0;
        }
    }

    /// <summary>A new key-encryption key, then every data key under it. Asked again after it was stopped, it goes on with the rows that are left.</summary>
    private static async Task<int> RotateDataKeysAsync(IConfiguration configuration)
    {
        var options = DatabaseOptions.From(configuration);
        var folder = DataFolder.Open(options.Data, null, TimeProvider.System);
        var clock = new MovableClock(folder, TimeProvider.System);
        using var keys = KeyStore.Open(folder, KeySettings.From(configuration), clock);
        Db db;
        try
        {
            db = Db.Open(options);
        }
        catch (DatabaseRefusedException) when (options.PostgreSql is null)
        {
            Console.WriteLine($"{keys.Rotate(KeyPurpose.DataKeys).Id} is active. The running service, which has the data folder, wraps the data keys anew within minutes.");
            return 0;
        }
        await using (db)
        {
            await db.MigrateAsync(clock);
            var rewrapping = new Rewrapping(db, keys);
            var waiting = await rewrapping.WaitingAsync();
            Console.WriteLine(waiting > 0
                ? $"An earlier rotation goes on: {waiting} data keys are not under {keys.ActiveKey(KeyPurpose.DataKeys)} yet."
                : $"{keys.Rotate(KeyPurpose.DataKeys).Id} is active.");
            var total = await rewrapping.WaitingAsync();
            var done = await rewrapping.RunAsync(n => Console.WriteLine($"  {n} of {total}"));
            Console.WriteLine($"{done} data keys are wrapped by {keys.ActiveKey(KeyPurpose.DataKeys)}. A service that runs takes the new key within a minute, and wraps what it still made under the former one.");
        }
        return 0;
    }

    /// <summary>A key-encryption key is destroyed only when nothing stored is wrapped by it.</summary>
    private static async Task<int> DestroyAsync(string keyId, IConfiguration configuration)
    {
        var options = DatabaseOptions.From(configuration);
        var folder = DataFolder.Open(options.Data, null, TimeProvider.System);
        var clock = new MovableClock(folder, TimeProvider.System);
        using var keys = KeyStore.Open(folder, KeySettings.From(configuration), clock);
        if (keys.Inventory.FirstOrDefault(k => k.Id == keyId)?.Retired is { } retired && Instant.FromDateTimeOffset(clock.GetUtcNow()) - retired < Duration.FromHours(1))
        {
            // What it would wrap after it is gone is lost.
            throw new CertificateRefusedException($"{keyId} was retired less than an hour ago: a service that did not look since may still use it. Wait.");
        }
        if (keys.Inventory.Any(k => k.Id == keyId && k.Purpose == KeyPurpose.DataKeys))
        {
            await using var db = Db.Open(options);
            if (await new Rewrapping(db, keys).WrappedByAsync(keyId) is > 0 and var left)
            {
                throw new CertificateRefusedException($"{left} data keys are wrapped by {keyId}. Run muqeem keys rotate data-keys first.");
            }
        }
        else if (keys.Inventory.Any(k => k.Id == keyId && k.Purpose == KeyPurpose.WebProtection))
        {
            throw new CertificateRefusedException($"{keyId} opens the web keys that were made under it. They end by themselves; the key is kept.");
        }
        keys.Destroy(keyId);
        Console.WriteLine($"{keyId} is destroyed. What it wrapped in old backups never opens again.");
        return 0;
    }

    private static int List(KeyStore keys)
    {
        Console.WriteLine($"{"key",-32} {"algorithm",-11} {"state",-10} {"where",-6} {"created",-11} {"signs from",-11} {"until",-11} {"valid until",-11} {"ended",-11}");
        foreach (var key in keys.Inventory)
        {
            Console.WriteLine($"{key.Id,-32} {key.Algorithm,-11} {key.State.ToString().ToLowerInvariant(),-10} {(key.InToken ? "token" : "file"),-6} {Day(key.Created),-11} {Day(key.SignsFrom),-11} "
                + $"{Day(key.SignsUntil),-11} {Day(key.ValidUntil),-11} {Day(key.Destroyed ?? key.Revoked ?? key.Retired),-11}");
        }
        foreach (var root in keys.Roots)
        {
            Console.WriteLine($"root {root.Fingerprint} valid until {Day(root.ValidUntil)}, revocation list until {Day(root.NextRevocationList)}");
        }
        var (alarms, faults) = (keys.Alarms(), keys.Discrepancies());
        foreach (var alarm in alarms)
        {
            Console.WriteLine($"DUE {Day(alarm.Due)} {alarm.Sentence}");
        }
        foreach (var fault in faults)
        {
            Console.WriteLine($"FAULT {fault}");
        }
        return alarms.Count + faults.Count == 0 ? 0 : 1;
    }

    private static int MakeRoot(IConfiguration configuration)
    {
        var names = new RootNames(Needed(configuration, "Country"), Needed(configuration, "Organization"), Needed(configuration, "Name"), Needed(configuration, "Contact"), Needed(configuration, "RevocationList"));
        var years = configuration["Years"] is not { } text ? 20 : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : throw new CertificateRefusedException("Years is a number.");
        var passphrase = Passphrase(configuration, twice: true);
        Console.WriteLine(Ceremony.Make(Needed(configuration, "Out"), names, KeySettings.From(configuration).Usages, years, passphrase, Witnesses(configuration), TimeProvider.System));
        return 0;
    }

    private static int Certify(IConfiguration configuration)
    {
        Instant? from = configuration["Start"] is not { Length: > 0 } text ? null
            : NodaTime.Text.LocalDatePattern.Iso.Parse(text) is { Success: true, Value: var day } ? day.AtMidnight().InUtc().ToInstant()
            : throw new CertificateRefusedException("Start is a day like 2027-01-31.");
        var carrier = Needed(configuration, "From");
        using var ceremony = Ceremony.Open(Needed(configuration, "Ceremony"), Passphrase(configuration, twice: false), TimeProvider.System);
        Console.WriteLine(ceremony.Certify(carrier, from, Witnesses(configuration)));
        return 0;
    }

    private static string Passphrase(IConfiguration configuration, bool twice)
    {
        if (configuration["PassphraseFile"] is { Length: > 0 } file)
        {
            try
            {
                return File.ReadAllText(file).TrimEnd('\r', '\n');
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CertificateRefusedException($"The passphrase's file {file} cannot be read: {e.Message}", e);
            }
        }
        if (Console.IsInputRedirected)
        {
            throw new CertificateRefusedException("The root's passphrase is asked on a terminal; without one give --PassphraseFile=FILE.");
        }
        var passphrase = Ask("Passphrase of the root: ");
        return !twice || Ask("The same again: ") == passphrase ? passphrase : throw new CertificateRefusedException("The two were not the same. Nothing was made.");
    }

    private static string Ask(string what)
    {
        Console.Error.Write(what);
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is var key && key.Key != ConsoleKey.Enter)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                typed.Length -= typed.Length > 0 ? 1 : 0;
            }
            else if (!char.IsControl(key.KeyChar))
            {
                typed.Append(key.KeyChar);
            }
        }
        Console.Error.WriteLine();
        return typed.ToString();
    }

    private static void Print(IReadOnlyList<string> lines)
    {
        foreach (var line in lines)
        {
            Console.WriteLine(line);
        }
    }

    private static string[] Witnesses(IConfiguration configuration) => configuration["Witnesses"]?.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static KeyPurpose PurposeOf(string word) => KeyPurposes.OfWord(word) ?? throw new CertificateRefusedException(
        $"'{word}' is no purpose. There are {string.Join(", ", Enum.GetValues<KeyPurpose>().Select(p => p.Word()))}.");

    private static string Needed(IConfiguration configuration, string name) =>
        configuration[name] is { Length: > 0 } value ? value : throw new CertificateRefusedException($"--{name} is missing. See: muqeem keys");

    private static string Day(Instant? at) => at is { } instant ? NodaTime.Text.InstantPattern.CreateWithInvariantCulture("uuuu-MM-dd").Format(instant) : "-";
}
