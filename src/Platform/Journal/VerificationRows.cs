using System.Globalization;
using Muqeem.Platform.Database;
using Muqeem.Platform.Writing;

namespace Muqeem.Platform.Journal;

public sealed partial class Verification
{
    private sealed partial class Run
    {
        /// <summary>Rows against what acts promise, part by part.</summary>
        public void Compare()
        {
            for (var part = 0; part < spill.Parts; part++)
            {
                foreach (var (code, key, promises, rows) in spill.Read(part))
                {
                    cancel.ThrowIfCancellationRequested();
                    var table = verification._byCode[code];
                    var row = rows.Count > 0 ? rows[0] : null;
                    if (Compare(table, promises, row) is { } what)
                    {
                        Find(table.Name, KeyOf(key), what);
                    }
                }
                progress?.Invoke("compared", part + 1);
            }
        }

        private static string KeyOf(byte[] key)
        {
            try
            {
                return KeyText(Leaf.ReadKey(key));
            }
            catch (FormatException)
            {
                return Convert.ToHexStringLower(key);
            }
        }

        private static string? Compare(Table table, List<Promise> promises, Kept? row)
        {
            if (table == PlatformTables.Balance)
            {
                var sum = promises.Sum(p => p.Number);
                return (row?.Number ?? 0) == sum ? null : string.Create(CultureInfo.InvariantCulture, $"holds {row?.Number ?? 0} halalas; the acts add up to {sum}");
            }
            if (promises.Count == 0)
            {
                return "no act wrote it";
            }
            return table.IsHead ? CompareHead(promises, row) : CompareRow(promises, row);
        }

        /// <summary>A head's versions count its acts from 1: the row is as the one with the highest version left it.</summary>
        private static string? CompareHead(List<Promise> promises, Kept? row)
        {
            var last = promises.MaxBy(p => p.Number)!;
            if (row is null)
            {
                return "is missing";
            }
            if (promises.Count != last.Number || promises.DistinctBy(p => p.Number).Count() != promises.Count)
            {
                return string.Create(CultureInfo.InvariantCulture, $"has version {last.Number}, but {promises.Count} acts wrote it: acts are missing");
            }
            if (row.Number != last.Number)
            {
                return string.Create(CultureInfo.InvariantCulture, $"is at version {row.Number}; the last act left it at {last.Number}");
            }
            return row.Bytes.Length == 0 || Fits(last, row) ? null : Changed(promises, row);
        }

        private static string? CompareRow(List<Promise> promises, Kept? row)
        {
            var last = Last(promises);
            if (row is null)
            {
                return last.Exists(p => p.Mode is Leaf.Mode.Delete or Leaf.Mode.Release) ? null : $"is missing; act {last[0].Act} wrote it";
            }
            var standing = last.Where(p => p.Mode is not (Leaf.Mode.Delete or Leaf.Mode.Release)).ToList();
            if (standing.Count == 0)
            {
                return $"is there, but act {last[0].Act} deleted it";
            }
            return standing.Exists(p => (row.Bytes.Length == 0 || Fits(p, row)) && (row.Act is null || row.Act == p.Act)) ? null : Changed(promises, row);
        }

        private static bool Fits(Promise promise, Kept row)
        {
            var bytes = row.Bytes;
            if (bytes.AsSpan().IndexOf(Erased) is >= 0 and var at)
            {
                if (promise.Commitment is null)
                {
                    return false;
                }
                bytes = [.. bytes];
                promise.Commitment.CopyTo(bytes, at);
            }
            return Leaf.RowDigest(promise.Salt, bytes).AsSpan().SequenceEqual(promise.Digest);
        }

        private static string Changed(List<Promise> promises, Kept row)
        {
            var earlier = row.Bytes.Length == 0 ? null : promises.Find(p => Fits(p, row));
            return earlier is not null && (row.Act is null || row.Act == earlier.Act) ? $"is as act {earlier.Act} left it, which was not the last" : "was changed";
        }

        /// <summary>
        /// What may stand last: of two acts that moved the same head the one with the higher version is later; acts without a head in common cannot be told apart. In one
        /// act it is deleted, inserted, put, in this order.
        /// </summary>
        private static List<Promise> Last(List<Promise> promises)
        {
            if (promises.Count == 1)
            {
                return promises;
            }
            var highest = new Dictionary<ulong, long>();
            foreach (var (head, version) in promises.SelectMany(p => p.Heads))
            {
                highest[head] = Math.Max(version, highest.GetValueOrDefault(head));
            }
            return [.. promises.Where(p => !p.Heads.Any(h => h.Version < highest[h.Head])).GroupBy(p => p.Act).Select(act => act.MaxBy(Rank)!)];
        }

        private static int Rank(Promise promise) => promise.Mode switch
        {
            Leaf.Mode.Delete or Leaf.Mode.Release => 0,
            Leaf.Mode.Insert or Leaf.Mode.Claim => 1,
            _ => 2,
        };
    }
}
