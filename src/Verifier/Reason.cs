using System.Collections.Frozen;
using System.Text.Json;

namespace Muqeem.Verifier;

/// <summary>Why something is refused. Its code is the name in snake case, which is stored and shown and never renamed.</summary>
public enum Reason
{
    /// <summary>A note has more bytes or signature lines than any real one.</summary>
    NoteTooLong,

    /// <summary>Not a signed note: a text, an empty line, signature lines.</summary>
    NoteMalformed,

    /// <summary>A line in the name of a known key is not by that key.</summary>
    NoteForged,

    /// <summary>No known key signed the note.</summary>
    NoteUnsigned,

    /// <summary>Not a verifier key of a note.</summary>
    NoteKeyMalformed,

    /// <summary>A verifier key of a kind of signature that is not accepted here.</summary>
    NoteKeyTypeUnknown,

    /// <summary>The id in a verifier key is not that of its name and key.</summary>
    NoteKeyIdWrong,

    /// <summary>The text of a note is not that of a checkpoint.</summary>
    CheckpointMalformed,

    /// <summary>A checkpoint of another journal.</summary>
    CheckpointOriginWrong,

    /// <summary>Fewer witnesses signed the checkpoint than are asked for.</summary>
    CheckpointWitnessesMissing,

    /// <summary>Not a proof file of a journal.</summary>
    TlogProofMalformed,

    /// <summary>The entry is not where the proof says it is in the tree.</summary>
    TlogProofNotInTree,
}

public static class Reasons
{
    private static readonly FrozenDictionary<Reason, string> Codes = Enum.GetValues<Reason>().ToFrozenDictionary(r => r, r => JsonNamingPolicy.SnakeCaseLower.ConvertName(r.ToString()));

    /// <summary><c>NoteForged</c> is <c>note_forged</c>.</summary>
    public static string Code(this Reason reason) => Codes[reason];
}
