using System.Globalization;
using Muqeem.Host.Verbs;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;

// Nothing here formats by the machine's language: pages have a table of their own.
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
try
{
    CoreDumps.Forbid();
    return await Verb.RunAsync(args);
}
catch (Exception e) when (e is CannotStartException or DatabaseRefusedException)
{
    await Console.Error.WriteLineAsync("muqeem: " + e.Message);
    return 1;
}
