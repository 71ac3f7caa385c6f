namespace Muqeem.Credentials;

/// <summary>Marks the assembly for reflection.</summary>
public static class CredentialsAssembly;
