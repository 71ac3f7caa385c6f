using System.Text;

namespace Muqeem.Platform.Texts;

/// <summary>Makes a test text from an English one: accents on every letter and two fifths more length, so that what was never in the catalogue, and what does not stretch, is seen at once.</summary>
internal static class PseudoText
{
    private const string Plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Accented = "àƀçđéƒĝĥîĵķļɱñöþǫřšţûṽŵẋýžÀƁÇĐÉƑĜĤÎĴĶĻṀÑÖÞǪŘŠŢÛṼŴẊÝŽ";

    public static Message Of(Message message) => Message.From(Parts(message.Parts));

    private static List<Message.Part> Parts(IReadOnlyList<Message.Part> parts) => [.. parts.Select<Message.Part, Message.Part>(part => part switch
    {
        Message.Literal literal => new Message.Literal(Stretch(literal.Text)),
        Message.Plural plural => plural with
        {
            Exact = plural.Exact.ToDictionary(c => c.Key, c => (IReadOnlyList<Message.Part>)Parts(c.Value)),
            Forms = plural.Forms.ToDictionary(c => c.Key, c => (IReadOnlyList<Message.Part>)Parts(c.Value)),
        },
        Message.Select select => select with { Cases = select.Cases.ToDictionary(c => c.Key, c => (IReadOnlyList<Message.Part>)Parts(c.Value), StringComparer.Ordinal) },
        Message.Slot slot => slot with { Inside = Parts(slot.Inside) },
        _ => part,
    })];

    private static string Stretch(string text)
    {
        var longer = new StringBuilder();
        var owed = 0;
        foreach (var c in text)
        {
            var i = Plain.IndexOf(c, StringComparison.Ordinal);
            longer.Append(i < 0 ? c : Accented[i]);
            if (i >= 0)
            {
                owed += 2;
                if (owed >= 5)
                {
                    longer.Append(Accented[i]);
                    owed -= 5;
                }
            }
        }
        return longer.ToString();
    }
}
