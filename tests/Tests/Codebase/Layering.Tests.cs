using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Muqeem.Tests.Codebase;

/// <summary>Who may reference whom: the table of the README, and no service another service.</summary>
public partial class LayeringTests
{
    private static readonly string Source = Path.Combine(Repository.Root, "src");

    /// <summary>The rungs as the README draws them, from the top.</summary>
    private static IReadOnlyList<string[]> Rungs()
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        var picture = RungPicture().Match(readme);
        Assert.True(picture.Success, "The README shows no rungs.");
        return [.. picture.Value.Split('\n').Select(l => l.Split("   siblings")[0]).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Where(l => l.Length > 0 && l[0] != "```")];
    }

    [GeneratedRegex(@"```\nHost\n[\s\S]*?Kernel\n```")]
    private static partial Regex RungPicture();

    [Fact]
    public void Every_project_references_lower_rungs_only_as_the_README_shows()
    {
        var rungs = Rungs();
        var height = rungs.SelectMany((names, i) => names.Select(n => (n, i))).ToDictionary(x => x.n, x => rungs.Count - x.i);
        var projects = Directory.GetFiles(Source, "*.csproj", SearchOption.AllDirectories);
        Assert.True(projects.Length >= 13);
        foreach (var file in projects)
        {
            var name = Path.GetFileNameWithoutExtension(file);
            if (name is "Sandbox" or "Witness")
            {
                continue;
            }
            Assert.True(height.ContainsKey(name), $"The README does not place {name}.");
            foreach (var reference in XDocument.Load(file).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/'))))
            {
                Assert.True(height[reference] < height[name], $"{name} references {reference}, which is not below it.");
            }
        }
    }

    [Fact]
    public void The_witness_shares_with_us_only_what_every_verifier_has() =>
        Assert.Equal(["../Verifier/Verifier.csproj"], XDocument.Load(Path.Combine(Source, "Witness", "Witness.csproj")).Descendants("ProjectReference").Select(r => r.Attribute("Include")!.Value));

    [Fact]
    public void Nothing_references_the_stand_ins()
    {
        foreach (var file in Directory.GetFiles(Source, "*.csproj", SearchOption.AllDirectories))
        {
            Assert.DoesNotContain(XDocument.Load(file).Descendants("ProjectReference"), r => r.Attribute("Include")!.Value.Contains("Sandbox"));
        }
    }

    [Fact]
    public void No_service_uses_the_types_of_another()
    {
        var found = new List<string>();
        using var stream = File.OpenRead(typeof(Services.Catalogue).Assembly.Location);
        using var pe = new PEReader(stream);
        var metadata = pe.GetMetadataReader();
        var services = metadata.TypeDefinitions.Select(metadata.GetTypeDefinition).Select(t => metadata.GetString(t.Namespace))
            .Where(n => n.StartsWith("Muqeem.Services.", StringComparison.Ordinal)).Distinct().ToList();
        Assert.True(services.Count >= 3);

        // In IL every use of a type of this assembly is a token of its definition; the members that use it say from where.
        foreach (var handle in metadata.TypeDefinitions)
        {
            var type = metadata.GetTypeDefinition(handle);
            var home = HomeOf(metadata, type);
            if (home is null)
            {
                continue;
            }
            foreach (var used in UsedBy(metadata, pe, type))
            {
                if (HomeOf(metadata, metadata.GetTypeDefinition(used)) is { } other && other != home)
                {
                    found.Add($"{home} uses {other}.{metadata.GetString(metadata.GetTypeDefinition(used).Name)}");
                }
            }
        }
        Assert.Empty(found.Distinct());
    }

    private static string? HomeOf(MetadataReader metadata, TypeDefinition type)
    {
        while (!type.GetDeclaringType().IsNil)
        {
            type = metadata.GetTypeDefinition(type.GetDeclaringType());
        }
        var name = metadata.GetString(type.Namespace);
        return name.StartsWith("Muqeem.Services.", StringComparison.Ordinal) ? name : null;
    }

    private static IEnumerable<TypeDefinitionHandle> UsedBy(MetadataReader metadata, PEReader pe, TypeDefinition type)
    {
        var fields = metadata.FieldDefinitions.ToDictionary(f => f, f => metadata.GetFieldDefinition(f).GetDeclaringType());
        if (type.BaseType.Kind == HandleKind.TypeDefinition)
        {
            yield return (TypeDefinitionHandle)type.BaseType;
        }
        foreach (var handle in type.GetMethods())
        {
            var method = metadata.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress == 0)
            {
                continue;
            }
            var il = pe.GetMethodBody(method.RelativeVirtualAddress).GetILBytes()!;
            for (var i = 0; i + 4 <= il.Length; i++)
            {
                // Any four bytes that are a token of ours: a false hit would only be a number that looks like one, and would be seen at once.
                var token = BitConverter.ToInt32(il, i);
                switch ((uint)token >> 24)
                {
                    case 0x02 when (token & 0xFFFFFF) is > 0 and var row && row <= metadata.TypeDefinitions.Count && IsAfterTypeInstruction(il, i):
                        yield return System.Reflection.Metadata.Ecma335.MetadataTokens.TypeDefinitionHandle(row);
                        break;
                    case 0x04 when (token & 0xFFFFFF) is > 0 and var row && row <= metadata.FieldDefinitions.Count && il[Math.Max(0, i - 1)] is >= 0x7B and <= 0x80:
                        yield return fields[System.Reflection.Metadata.Ecma335.MetadataTokens.FieldDefinitionHandle(row)];
                        break;
                    case 0x06 when (token & 0xFFFFFF) is > 0 and var row && row <= metadata.MethodDefinitions.Count && il[Math.Max(0, i - 1)] is 0x28 or 0x6F or 0x73:
                        yield return metadata.GetMethodDefinition(System.Reflection.Metadata.Ecma335.MetadataTokens.MethodDefinitionHandle(row)).GetDeclaringType();
                        break;
                }
            }
        }
    }

    // newarr, castclass, isinst, box, unbox.any, ldtoken and their kin.
    private static bool IsAfterTypeInstruction(byte[] il, int at) => at > 0 && il[at - 1] is 0x70 or 0x74 or 0x75 or 0x79 or 0x8C or 0x8D or 0xA5 or 0xD0;
}
