using System.Globalization;
using System.Text;

namespace Muqeem.Host.TakeOver;

/// <summary>
/// The discrepancy report: tab-separated, one line a finding, in the order of the files whatever was checked first; in the end the counts by code. It is written beside its name and takes it
/// when it is whole.
/// </summary>
internal sealed class Report : IDisposable
{
    private readonly string _path;
    private readonly StreamWriter _text;
    private readonly Lock _one = new();
    private readonly Dictionary<long, IReadOnlyList<Discrepancy>> _early = [];
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private long _next;

    public Report(string path)
    {
        _path = path;
        // It names keys of the delivery and no person, but nobody else's business it is all the same.
        _text = new StreamWriter(new FileStream(path + ".part", new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }), new UTF8Encoding(false)) { NewLine = "\n" };
        _text.WriteLine("file\tline\tperson\tcode\tfield\tbecomes\tto do");
    }

    public IReadOnlyDictionary<string, long> Counts => _counts;

    /// <param name="batch">0, 1, 2 …, in any order.</param>
    public void Add(long batch, IReadOnlyList<Discrepancy> findings)
    {
        lock (_one)
        {
            _early.Add(batch, findings);
            while (_early.Remove(_next, out var due))
            {
                foreach (var d in due)
                {
                    var code = Codes.Of(d.Code);
                    _text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{d.File}\t{d.Line}\t{d.Person}\t{d.Code}\t{d.Field}\t{(code.Refuses ? "refused" : "remark")}\t{code.ToDo}"));
                    _counts[d.Code] = _counts.GetValueOrDefault(d.Code) + 1;
                }
                _next++;
            }
        }
    }

    /// <summary>Writes the counts and gives the file its name.</summary>
    public void Close(IEnumerable<string> summary)
    {
        foreach (var (code, count) in _counts)
        {
            _text.WriteLine(string.Create(CultureInfo.InvariantCulture, $"# {code}\t{count}"));
        }
        foreach (var line in summary)
        {
            _text.WriteLine("# " + line);
        }
        _text.Dispose();
        File.Move(_path + ".part", _path, overwrite: true);
    }

    public void Dispose() => _text.Dispose();
}
