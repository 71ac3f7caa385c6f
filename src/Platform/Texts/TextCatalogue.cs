using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Muqeem.Platform.Culture;

namespace Muqeem.Platform.Texts;

/// <summary>An assembly that carries <c>texts.&lt;lang&gt;.json</c> files. Each project adds its own with <c>services.AddTexts(assembly)</c>.</summary>
public sealed record TextSource(Assembly Assembly);

/// <summary>How the catalogue answers for a text that is not there.</summary>
public sealed class TextOptions
{
    /// <summary>Throw instead of showing the key. On in tests.</summary>
    public bool ThrowWhenMissing { get; set; }
}

/// <summary>Every word the system shows, by language and key. Read once from the assemblies; a malformed or twice defined text stops the start.</summary>
public sealed partial class TextCatalogue
{
    /// <summary>The languages whose texts are written by hand together; the others are translated from them.</summary>
    public const string Arabic = "ar";
    public const string English = "en";

    private static readonly Meter Meter = new("Muqeem.Texts");
    private static readonly Counter<long> MissingTexts = Meter.CreateCounter<long>("muqeem.texts.missing", description: "Texts or placeholders that were asked for and not there.");

    private readonly Dictionary<string, Dictionary<string, Message>> _messages = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, string>> _raw = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Language> _languages = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Language, string Key), bool> _missing = new();
    private readonly ILogger<TextCatalogue>? _log;
    private readonly bool _throw;

    public TextCatalogue(IEnumerable<TextSource> sources, TextOptions options, ILogger<TextCatalogue>? log = null)
    {
        _log = log;
        _throw = options.ThrowWhenMissing;
        foreach (var assembly in sources.Select(s => s.Assembly).Distinct())
        {
            foreach (var resource in assembly.GetManifestResourceNames().Where(IsTextFile).Order(StringComparer.Ordinal))
            {
                using var stream = assembly.GetManifestResourceStream(resource)!;
                Read(stream, $"{assembly.GetName().Name}/{resource}");
            }
        }
        foreach (var pseudo in MuqeemCulture.All.Where(c => c.PseudoOf is not null))
        {
            if (_messages.TryGetValue(pseudo.PseudoOf!, out var real))
            {
                _messages[pseudo.Code] = real.ToDictionary(m => m.Key, m => PseudoText.Of(m.Value), StringComparer.Ordinal);
            }
        }
    }

    /// <summary>What was asked for and not there, since the start.</summary>
    public IReadOnlyCollection<(string Language, string Key)> Missing => [.. _missing.Keys];

    /// <summary>The languages that have at least one text.</summary>
    public IReadOnlyCollection<string> Languages => _raw.Keys;

    /// <summary>The texts as written, for the checks.</summary>
    public IReadOnlyDictionary<string, string> Raw(string language) => _raw[language];

    /// <summary>A catalogue of those assemblies, outside of a service provider. It throws on a missing text.</summary>
    public static TextCatalogue Of(params IEnumerable<Assembly> assemblies) =>
        new(assemblies.Select(a => new TextSource(a)), new TextOptions { ThrowWhenMissing = true });

    /// <summary>The words of one language: for messages and documents. Pages take <see cref="Language"/> from the request.</summary>
    /// <param name="code">One of <see cref="MuqeemCulture.All"/>.</param>
    public Language In(string code) => _languages.GetOrAdd(code, static (c, me) => new Language(me, MuqeemCulture.Of(c)), this);

    internal bool Has(string language, string key) => _messages.TryGetValue(language, out var all) && all.ContainsKey(key);

    internal IReadOnlyDictionary<string, Message> Messages(string language) => _messages[language];

    /// <summary>The message, in the language or else in English or Arabic; null when nobody has it. A fallback is counted and logged once.</summary>
    internal Message? Find(MuqeemCulture culture, string key, out MuqeemCulture found)
    {
        found = culture;
        if (_messages.TryGetValue(culture.Code, out var own) && own.TryGetValue(key, out var message))
        {
            return message;
        }
        Miss(culture.Code, key);
        foreach (var other in (ReadOnlySpan<string>)[English, Arabic])
        {
            if (_messages.TryGetValue(other, out var theirs) && theirs.TryGetValue(key, out message))
            {
                found = MuqeemCulture.Of(other);
                return message;
            }
        }
        return null;
    }

    internal void Miss(string language, string key)
    {
        if (_throw)
        {
            throw new InvalidOperationException($"No text '{key}' in '{language}'.");
        }
        MissingTexts.Add(1, new KeyValuePair<string, object?>("language", language));
        if (_missing.TryAdd((language, key), true) && _log is not null)
        {
            LogMissing(_log, key, language);
        }
    }

    private static bool IsTextFile(string resource)
    {
        var file = resource[(resource.LastIndexOfAny(['/', '\\']) + 1)..];
        return resource.StartsWith("texts/", StringComparison.Ordinal) && file.StartsWith("texts.", StringComparison.Ordinal) && file.EndsWith(".json", StringComparison.Ordinal);
    }

    private void Read(Stream stream, string where)
    {
        var language = where.Split('.')[^2];
        if (!MuqeemCulture.TryGet(language, out _))
        {
            throw new InvalidOperationException($"{where}: '{language}' is no language of ours.");
        }
        try
        {
            using var json = JsonDocument.Parse(stream, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var raw = _raw.TryGetValue(language, out var r) ? r : _raw[language] = new(StringComparer.Ordinal);
            var messages = _messages.TryGetValue(language, out var m) ? m : _messages[language] = new(StringComparer.Ordinal);
            foreach (var text in json.RootElement.EnumerateObject())
            {
                var written = text.Value.GetString() ?? throw new FormatException($"'{text.Name}' has no text");
                if (!raw.TryAdd(text.Name, written))
                {
                    throw new FormatException($"'{text.Name}' is already defined elsewhere");
                }
                messages.Add(text.Name, Message.Parse(written));
            }
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            throw new InvalidOperationException($"{where}: {e.Message}", e);
        }
    }

    [LoggerMessage(LogLevel.Error, "No text {Key} in {Language}.")]
    private static partial void LogMissing(ILogger logger, string key, string language);
}
