using System.Globalization;
using Muqeem.Sandbox;
using Muqeem.Sandbox.Desks;
using Muqeem.Sandbox.Population;
using Muqeem.Sandbox.State;

// population N: the first people of the world as JSON lines, without serving anything.
if (args is ["population", var text, ..] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var people))
{
    await using var offline = SandboxHost.Build(["--data", ":memory:", .. args[2..]]);
    await PeopleDesk.PrintAsync(offline.Services.GetRequiredService<World>(), people, Console.Out);
    return;
}
// delivery DIR N [SPOILT]: the first residents as another register would deliver them; with SPOILT every so manieth has a fault.
if (args is ["delivery", var folder, var many, ..] && int.TryParse(many, NumberStyles.None, CultureInfo.InvariantCulture, out var residents))
{
    var each = args is [_, _, _, var third, ..] && int.TryParse(third, NumberStyles.None, CultureInfo.InvariantCulture, out var spoilt) ? spoilt : 0;
    await using var offline = SandboxHost.Build(["--data", ":memory:"]);
    var delivered = new Deliveries(offline.Services.GetRequiredService<World>().People).Write(folder, residents, spoilEach: each);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{delivered.Persons} persons, {delivered.Persons - delivered.Whole} of whom cannot be taken over, in {folder}"));
    return;
}
await SandboxHost.Build(args).RunAsync();
