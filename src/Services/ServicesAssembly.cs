namespace Muqeem.Services;

/// <summary>Marks the assembly for reflection.</summary>
public static class ServicesAssembly;
