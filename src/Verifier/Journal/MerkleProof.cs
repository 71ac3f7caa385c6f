using System.Numerics;
using System.Security.Cryptography;

namespace Muqeem.Verifier.Journal;

/// <summary>Checks proofs about a Merkle tree of RFC 6962 by the algorithms of RFC 9162, 2.1.3.2 and 2.1.4.2. Every hash has 32 bytes.</summary>
public static class MerkleProof
{
    private const int HashLength = 32;

    /// <summary>What stands for an entry in the tree: SHA-256 over a zero byte and the entry.</summary>
    public static byte[] HashLeaf(ReadOnlySpan<byte> entry)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0]);
        hash.AppendData(entry);
        return hash.GetHashAndReset();
    }

    public static byte[] HashChildren(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> both = stackalloc byte[1 + 2 * HashLength];
        both[0] = 1;
        left.CopyTo(both[1..]);
        right.CopyTo(both[(1 + HashLength)..]);
        return SHA256.HashData(both);
    }

    /// <summary>Whether the leaf stands at this index of the tree with this root.</summary>
    public static bool Includes(ReadOnlySpan<byte> leafHash, long index, long size, IReadOnlyList<byte[]> path, ReadOnlySpan<byte> root)
    {
        if (index < 0 || index >= size || leafHash.Length != HashLength || root.Length != HashLength || !AreHashes(path))
        {
            return false;
        }
        var (node, last) = (index, size - 1);
        var hash = leafHash.ToArray();
        foreach (var sibling in path)
        {
            if (last == 0)
            {
                return false;
            }
            if ((node & 1) == 1 || node == last)
            {
                hash = HashChildren(sibling, hash);
                if ((node & 1) == 0)
                {
                    var zeros = BitOperations.TrailingZeroCount(node);
                    node >>= zeros;
                    last >>= zeros;
                }
            }
            else
            {
                hash = HashChildren(hash, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && root.SequenceEqual(hash);
    }

    /// <summary>Whether the larger tree holds the smaller one unchanged. Everything holds the empty tree, without a proof.</summary>
    public static bool Extends(long size, ReadOnlySpan<byte> root, long largerSize, ReadOnlySpan<byte> largerRoot, IReadOnlyList<byte[]> proof)
    {
        if (size < 0 || size > largerSize || root.Length != HashLength || largerRoot.Length != HashLength || !AreHashes(proof))
        {
            return false;
        }
        if (size == largerSize)
        {
            return proof.Count == 0 && root.SequenceEqual(largerRoot);
        }
        if (size == 0)
        {
            return proof.Count == 0 && root.SequenceEqual(SHA256.HashData([]));
        }
        var (node, last) = (size - 1, largerSize - 1);
        while ((node & 1) == 1)
        {
            node >>= 1;
            last >>= 1;
        }

        // A smaller tree that is a whole subtree is its own first hash and is left out of the proof.
        var start = node == 0 ? 0 : 1;
        if (proof.Count == 0)
        {
            return false;
        }
        var first = start == 0 ? root.ToArray() : proof[0];
        var second = first;
        for (var i = start; i < proof.Count; i++)
        {
            if (last == 0)
            {
                return false;
            }
            if ((node & 1) == 1 || node == last)
            {
                first = HashChildren(proof[i], first);
                second = HashChildren(proof[i], second);
                while ((node & 1) == 0 && node != 0)
                {
                    node >>= 1;
                    last >>= 1;
                }
            }
            else
            {
                second = HashChildren(second, proof[i]);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && root.SequenceEqual(first) && largerRoot.SequenceEqual(second);
    }

    /// <summary>64 levels hold any tree that can be counted; consistency takes one hash more.</summary>
    private static bool AreHashes(IReadOnlyList<byte[]> hashes)
    {
        if (hashes.Count > 65)
        {
            return false;
        }
        foreach (var hash in hashes)
        {
            if (hash.Length != HashLength)
            {
                return false;
            }
        }
        return true;
    }
}
