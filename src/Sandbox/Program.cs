using System.Globalization;
using Muqeem.Sandbox;
using Muqeem.Sandbox.Desks;
using Muqeem.Sandbox.State;

// population N: the first people of the world as JSON lines, without serving anything.
if (args is ["population", var text, ..] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var people))
{
    await using var offline = SandboxHost.Build(["--data", ":memory:", .. args[2..]]);
    await PeopleDesk.PrintAsync(offline.Services.GetRequiredService<World>(), people, Console.Out);
    return;
}
await SandboxHost.Build(args).RunAsync();
