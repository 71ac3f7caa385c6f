namespace Muqeem.Registry;

/// <summary>Marks the assembly for reflection.</summary>
public static class RegistryAssembly;
