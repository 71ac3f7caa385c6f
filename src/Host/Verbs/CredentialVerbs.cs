using System.Globalization;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Status;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;

namespace Muqeem.Host.Verbs;

/// <summary>The verbs about credentials. On the embedded database the service is stopped meanwhile; on PostgreSQL it may run, and goes on with what a verb began.</summary>
internal static class CredentialVerbs
{
    /// <summary>Exits 1 when persons are left that could not be dealt with.</summary>
    public static async Task<int> ReissueAsync(string[] args)
    {
        await using var app = MuqeemHost.Build(args);
        if (app.Configuration["Key"] is not { Length: > 0 } key)
        {
            throw new CannotStartException("--Key=ID is missing: the signer that was withdrawn. muqeem keys list shows them.");
        }
        var reason = app.Configuration["Reason"] is { Length: > 0 } text ? text : "signer_withdrawn";
        if (reason.Length > 100 || !reason.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            throw new CannotStartException("--Reason=CODE is a word or number by which the decision is found again, like incident-2026-11-28. It goes into the journal.");
        }
        await MuqeemHost.PrepareAsync(app);
        await app.Services.GetRequiredService<StatusLists>().KnowAsync();
        var reissue = app.Services.GetRequiredService<Reissue>();
        try
        {
            var standing = await reissue.BeginAsync(key, reason);
            Console.WriteLine(standing.Done ? "Nothing is left to do." : $"What {key} signed is issued anew.");
            standing = await reissue.RunAsync(key, s => Console.WriteLine("  " + Words(s)));
            Console.WriteLine(Words(standing));
            return standing.Failed == 0 ? 0 : 1;
        }
        catch (Exception e) when (e is ReissueRefusedException or KeyUnavailableException or NotWrittenException)
        {
            await Console.Error.WriteLineAsync("muqeem: " + e.Message);
            return 1;
        }
    }

    private static string Words(ReissueStanding s) => string.Create(CultureInfo.InvariantCulture, $"{s.Replaced} credentials replaced, {s.Withdrawn} ended without another, {s.Failed} persons to be tried again");
}
