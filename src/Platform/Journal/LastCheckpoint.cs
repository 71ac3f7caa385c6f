using System.Globalization;
using System.Text;
using Muqeem.Platform.Folder;

namespace Muqeem.Platform.Journal;

/// <summary>
/// The last checkpoint that this installation signed, in a file beside the database. It is durable before anybody can see the checkpoint; a database that is older
/// than the file was restored, and must not grow another tree under the same name.
/// </summary>
public sealed class LastCheckpoint(DataFolder folder)
{
    internal string Path => System.IO.Path.Combine(folder.Journal, "checkpoint");

    internal string? Read() => File.Exists(Path) ? File.ReadAllText(Path, Encoding.UTF8) : null;

    internal void Write(string note) => DurableFile.Write(Path, Encoding.UTF8.GetBytes(note));

    /// <summary>After an operator's decision: kept under another name, as evidence.</summary>
    internal void PutAside(int generation)
    {
        if (File.Exists(Path))
        {
            File.Move(Path, Path + "." + generation.ToString(CultureInfo.InvariantCulture), overwrite: true);
            DurableFile.SyncDirectory(folder.Journal);
        }
    }
}
