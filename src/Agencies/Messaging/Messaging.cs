using Muqeem.Kernel;
using NodaTime;

namespace Muqeem.Agencies;

/// <summary>The text of a short message, within what a telephone shows as one message.</summary>
public sealed record SmsText
{
    public const string TooLong = "sms.too_long";
    public const string Empty = "sms.empty";

    /// <summary>More than so many parts are not joined reliably by every network and handset.</summary>
    public const int MostParts = 4;

    // GSM 03.38: one septet each; the second row takes two.
    private const string Basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    private const string Extended = "\f^{}\\[~]|€";

    private SmsText(string value, bool wide, int units, int parts)
    {
        Value = value;
        Wide = wide;
        Units = units;
        Parts = parts;
    }

    public string Value { get; }

    /// <summary>Sixteen bits a character (Arabic, Bengali, …) rather than seven.</summary>
    public bool Wide { get; }

    /// <summary>Septets, or 16-bit units when <see cref="Wide"/>.</summary>
    public int Units { get; }

    /// <summary>160 septets or 70 units fit in one part; of several, 153 or 67 in each.</summary>
    public int Parts { get; }

    public static Result<SmsText> Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return new Refusal(Empty);
        }
        var septets = 0;
        foreach (var c in text)
        {
            septets += Basic.Contains(c) ? 1 : Extended.Contains(c) ? 2 : 100_000;
        }
        var wide = septets >= 100_000;
        var units = wide ? text.Length : septets;
        var parts = units <= (wide ? 70 : 160) ? 1 : Split(text, wide);
        return parts > MostParts
            ? new Refusal(TooLong, ("parts", parts), ("most", MostParts))
            : new SmsText(text, wide, units, parts);
    }

    // A pair (surrogates, or escape and character) is never cut between two parts.
    private static int Split(string text, bool wide)
    {
        var room = wide ? 67 : 153;
        var parts = 1;
        var used = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var pair = wide ? char.IsHighSurrogate(text[i]) && i + 1 < text.Length : Extended.Contains(text[i]);
            var takes = pair ? 2 : 1;
            if (used + takes > room)
            {
                parts++;
                used = 0;
            }
            used += takes;
            i += pair && wide ? 1 : 0;
        }
        return parts;
    }

    public override string ToString() => Value;
}

/// <param name="MessageId">Ours: the same id again is sent once.</param>
/// <param name="To">E.164, <c>+9665…</c> or a foreign number.</param>
/// <param name="Language">BCP 47, of the text.</param>
public sealed record SmsMessage(Guid MessageId, string To, string Text, string Language);

/// <param name="Text">Plain text; <paramref name="Html"/> is the same in HTML, if any.</param>
public sealed record EmailMessage(Guid MessageId, string To, string Subject, string Text, string? Html, string Language);

public enum MessageState { Accepted, Duplicate, Undeliverable }

/// <param name="State"><see cref="MessageState.Undeliverable"/>: the gateway knows that nobody can be reached there.</param>
public sealed record MessageReceipt(string Source, Instant AsOf, Guid MessageId, MessageState State, int Parts) : IAgencyRecord
{
    public string? BrokenField() => this switch
    {
        _ when MessageId == Guid.Empty => "messageId",
        _ when Parts < 0 => "parts",
        _ => null,
    };
}

/// <summary>The gateway for short messages and e-mail.</summary>
public sealed class Messaging(AgencyLine line)
{
    public const string Name = "Messaging";

    /// <summary>The message id is also the request id: sending again after an unknown fate is safe.</summary>
    public Task<AgencyAnswer<MessageReceipt>> SendSmsAsync(Guid messageId, string to, SmsText text, string language, CancellationToken cancel = default) =>
        line.SendAsync<MessageReceipt>("sms", HttpMethod.Post, "sms", new SmsMessage(messageId, to, text.Value, language), messageId, cancel);

    public Task<AgencyAnswer<MessageReceipt>> SendEmailAsync(EmailMessage message, CancellationToken cancel = default) =>
        line.SendAsync<MessageReceipt>("email", HttpMethod.Post, "emails", message, message.MessageId, cancel);
}
