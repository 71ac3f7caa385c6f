namespace Muqeem.Agencies;

/// <summary>Marks the assembly for reflection.</summary>
public static class AgenciesAssembly;
