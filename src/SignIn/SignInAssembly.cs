namespace Muqeem.SignIn;

/// <summary>Marks the assembly for reflection.</summary>
public static class SignInAssembly;
