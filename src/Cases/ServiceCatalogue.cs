using Muqeem.Cases.Definition;

namespace Muqeem.Cases;

/// <summary>The services there are. The list itself is <c>Services/Catalogue.cs</c>, one line each.</summary>
public sealed class ServiceCatalogue(IEnumerable<Service> services)
{
    private readonly Dictionary<string, Service> _byKey = services.ToDictionary(s => s.Key, StringComparer.Ordinal);

    public IReadOnlyCollection<Service> All => _byKey.Values;

    public Service? Find(string key) => _byKey.GetValueOrDefault(key);

    public Service ByCode(string code) => _byKey.Values.FirstOrDefault(s => s.Code == code) ?? throw new InvalidOperationException($"There is no service {code}.");
}
