using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Muqeem.Host;

/// <summary>Collects the instruments of Muqeem and the web server, and prints them in the Prometheus text format. Tags are words of the code: never a person's.</summary>
internal sealed class Metrics : IDisposable
{
    public const string Path = "/metrics";
    public const string KeySetting = "Metrics:Key";
    public const int ShortestKey = 32;

    private static readonly double[] Buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, Series> _series = new(StringComparer.Ordinal);

    public Metrics()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name.StartsWith("Muqeem", StringComparison.Ordinal) || instrument.Meter.Name is "Microsoft.AspNetCore.Hosting" or "System.Runtime")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>For whoever bears the key; without a key in the configuration, for this machine alone. To everybody else the page is not there.</summary>
    public static IResult Answer(HttpContext http, Metrics metrics, IConfiguration configuration)
    {
        var allowed = configuration[KeySetting] is { Length: > 0 } key
            ? CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(http.Request.Headers.Authorization.ToString()), Encoding.UTF8.GetBytes("Bearer " + key))
            // A call that a proxy on this machine passed on came from elsewhere.
            : http.Connection.RemoteIpAddress is { } from && IPAddress.IsLoopback(from) && !http.Request.Headers.ContainsKey("X-Forwarded-For") && !http.Request.Headers.ContainsKey("X-Original-For")
                && !http.Request.Headers.ContainsKey("Forwarded") && !http.Request.Headers.ContainsKey("Via");
        return allowed ? Results.Text(metrics.Print(), "text/plain; version=0.0.4") : Results.NotFound();
    }

    public string Print()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (var group in _series.Values.OrderBy(s => s.Key, StringComparer.Ordinal).GroupBy(s => s.Name, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {group.Key} {group.First().Type}\n");
            foreach (var series in group)
            {
                series.Print(text);
            }
        }
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var name = instrument.Name.Replace('.', '_').Replace('-', '_');
        var labels = new StringBuilder();
        foreach (var (key, tag) in tags)
        {
            // The exact address holds ids; the route's pattern is another tag.
            if (key is "url.path" or "network.peer.address")
            {
                continue;
            }
            labels.Append(labels.Length > 0 ? "," : "").Append(key.Replace('.', '_')).Append("=\"")
                .Append(Convert.ToString(tag, CultureInfo.InvariantCulture)?.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('"');
        }
        var type = instrument.GetType().Name;
        var kind = type.Contains("Histogram", StringComparison.Ordinal) ? "histogram" : type.Contains("Gauge", StringComparison.Ordinal) || type.Contains("UpDown", StringComparison.Ordinal) ? "gauge" : "counter";
        var absolute = type.StartsWith("Observable", StringComparison.Ordinal) || type.StartsWith("Gauge", StringComparison.Ordinal);
        var key2 = name + "{" + labels + "}";
        _series.GetOrAdd(key2, _ => new Series(key2, name, labels.ToString(), kind)).Record(value, absolute);
    }

    private sealed class Series(string key, string name, string labels, string type)
    {
        private readonly Lock _lock = new();
        private readonly long[] _buckets = type == "histogram" ? new long[Buckets.Length] : [];
        private double _sum;
        private long _count;

        public string Key { get; } = key;
        public string Name { get; } = name;
        public string Type { get; } = type;

        public void Record(double value, bool absolute)
        {
            lock (_lock)
            {
                _sum = absolute ? value : _sum + value;
                _count++;
                for (var i = 0; i < _buckets.Length; i++)
                {
                    _buckets[i] += value <= Buckets[i] ? 1 : 0;
                }
            }
        }

        public void Print(StringBuilder text)
        {
            lock (_lock)
            {
                if (Type != "histogram")
                {
                    text.Append(CultureInfo.InvariantCulture, $"{Name}{(labels.Length > 0 ? $"{{{labels}}}" : "")} {_sum}\n");
                    return;
                }
                var more = labels.Length > 0 ? labels + "," : "";
                for (var i = 0; i < _buckets.Length; i++)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{Name}_bucket{{{more}le=\"{Buckets[i]}\"}} {_buckets[i]}\n");
                }
                text.Append(CultureInfo.InvariantCulture, $"{Name}_bucket{{{more}le=\"+Inf\"}} {_count}\n{Name}_sum{{{labels}}} {_sum}\n{Name}_count{{{labels}}} {_count}\n");
            }
        }
    }
}
