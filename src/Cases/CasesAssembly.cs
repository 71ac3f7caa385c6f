namespace Muqeem.Cases;

/// <summary>Marks the assembly for reflection.</summary>
public static class CasesAssembly;
