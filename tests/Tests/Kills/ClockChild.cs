using System.Globalization;
using System.Security.Cryptography;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;

namespace Muqeem.Tests.Kills;

/// <summary>A process under a clock or beside a key store that is not right: asks for what it was given before and for something new, publishes, and says how each ended.</summary>
internal static class ClockChild
{
    /// <summary>Arguments: folder, database (a folder or a connection string), person, seed, number of what was given before, number of what is new.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            var options = args[1].Contains('=', StringComparison.Ordinal) ? new DatabaseOptions { PostgreSql = args[1] } : new DatabaseOptions { Data = args[1] };
            await using var node = new IssuingNode(options, args[0], TimeProvider.System);
            var (person, seed) = (new PersonId(Guid.Parse(args[2])), long.Parse(args[3], CultureInfo.InvariantCulture));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"day {TimeProvider.System.GetUtcNow():yyyy-MM-dd}"));
            foreach (var (what, number) in new[] { ("again", int.Parse(args[4], CultureInfo.InvariantCulture)), ("new", int.Parse(args[5], CultureInfo.InvariantCulture)) })
            {
                await SayAsync(what, async () => await node.Desk.AskAsync(person, FormKind.SdJwtVc, IssuingChild.KeyOf(seed, 0, number), IssuingChild.Operation(seed, 0, number)) is FormAnswer.Issued issued
                    ? Convert.ToHexString(SHA256.HashData(issued.Credential)) : "not issued");
            }
            await SayAsync("lists", async () => (await node.Desk.Lists.RoundAsync()).ToString(CultureInfo.InvariantCulture));
            return 0;
        }
        catch (CannotStartException e)
        {
            Console.WriteLine("cannot start: " + e.Message);
            return 1;
        }
    }

    private static async Task SayAsync(string what, Func<Task<string>> work)
    {
        string said;
        try
        {
            said = await work();
        }
        catch (KeyUnavailableException e)
        {
            said = "refused: " + e.Message;
        }
        Console.WriteLine($"{what} {said}");
    }
}
