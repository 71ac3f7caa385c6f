using Muqeem.Witness;

try
{
    await using var app = WitnessHost.Build(args);
    Console.WriteLine(app.Services.GetRequiredService<Cosigner>().VerifierKey);
    await app.RunAsync();
    return 0;
}
catch (CannotWitnessException e)
{
    await Console.Error.WriteLineAsync("witness: " + e.Message);
    return 1;
}
