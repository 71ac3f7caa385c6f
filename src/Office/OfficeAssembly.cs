namespace Muqeem.Office;

/// <summary>Marks the assembly for reflection.</summary>
public static class OfficeAssembly;
