using Muqeem.Sandbox;

await SandboxHost.Build(args).RunAsync();
