namespace Muqeem.Payments;

/// <summary>Marks the assembly for reflection.</summary>
public static class PaymentsAssembly;
