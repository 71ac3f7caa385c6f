namespace Muqeem.Portal;

/// <summary>Marks the assembly for reflection.</summary>
public static class PortalAssembly;
