using System.Globalization;
using System.Security.Cryptography;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.SignIn.Book;
using Muqeem.SignIn.Codes;
using Muqeem.SignIn.Messages;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>A one-time code that was sent, or that was not because nobody is there: the difference is not to be seen.</summary>
/// <param name="ResendAt">When another may be asked for; null when no more will be sent.</param>
internal sealed record SentCode(Guid Id, Instant? ResendAt, Instant ExpiresAt);

/// <summary>What came of a typed code.</summary>
internal abstract record CodeUse
{
    private CodeUse() { }

    /// <summary>It fitted, and the change that used it ended so.</summary>
    public sealed record Fitted(WriteOutcome Outcome, Change Change) : CodeUse;

    public sealed record Refused(Refusal Refusal) : CodeUse;

    public sealed record Busy(TimeSpan RetryAfter) : CodeUse;
}

/// <summary>
/// Six digits, sent to the holder, bound to one purpose and one request. What is kept is a keyed hash; a code lives ten minutes, stands five tries, and is used in the very
/// change that it allows: the row's version decides, so that of thirty-two equal submissions at once one wins, and of as many different guesses five count.
/// </summary>
internal sealed class OneTimeCodes(Db db, IWriter writer, BlindIndex blind, TextMessages messages, SignInPolicies policies, TimeProvider clock)
{
    public const string Wrong = "code.wrong";
    public const string Voided = "code.voided";
    public const string Expired = "code.expired";
    public const string Form = "code.form";
    public const string TooSoon = "code.too_soon";
    public const string NoMore = "code.no_more";
    public const int Length = 6;

    /// <summary>Adds a new code to the change, and the message that carries it. Without a destination it is a code that nobody gets and nothing fits.</summary>
    /// <param name="change">With an act: messages are recorded.</param>
    /// <param name="boundTo">The request that it belongs to.</param>
    public async Task<SentCode> IssueAsync(Change change, CodePurpose purpose, Guid boundTo, Destination? to)
    {
        var now = clock.Now();
        var limits = policies.Now;
        var row = new CodeRow(Guid.CreateVersion7(clock.GetUtcNow()), 0, purpose.ToString(), boundTo, [], 0, 1, CodeRow.Open, now, now + limits.CodeLife);
        row = row with { Hash = await NewCodeAsync(change, row, to) };
        change.Heads.Add(row.Next());
        return Sent(row, limits);
    }

    /// <summary>Sends another code in place of the former, not before a minute has passed and not endlessly. The former does not fit any more.</summary>
    public async Task<(SentCode? Sent, Refusal? Refusal, TimeSpan? Busy)> ResendAsync(Guid id, CodePurpose purpose, Guid boundTo, Destination? to, CancellationToken cancel)
    {
        var limits = policies.Now;
        var now = clock.Now();
        var row = await ReadAsync(id, purpose, boundTo, cancel);
        if (row is null || row.Sends >= limits.CodeSends)
        {
            return (null, new Refusal(NoMore), null);
        }
        if (now < row.SentAt + limits.CodeResend)
        {
            return (null, new Refusal(TooSoon, ("at", row.SentAt + limits.CodeResend), ("seconds", Seconds(row.SentAt + limits.CodeResend - now))), null);
        }
        // An act even when nobody is there: the same work.
        var change = new Change(Requests.Own(clock, "code.resend", to?.Person, id.ToString("N")));
        row = row with { Tries = 0, Sends = row.Sends + 1, State = CodeRow.Open, SentAt = now, ExpiresAt = now + limits.CodeLife };
        row = row with { Hash = await NewCodeAsync(change, row, to) };
        change.Heads.Add(row.Next());
        return await writer.WriteAsync(change, cancel: cancel) switch
        {
            WriteOutcome.Done => (Sent(row, limits), null, null),
            // Pressed twice at once: the other one was sent.
            WriteOutcome.Conflict => (null, new Refusal(TooSoon, ("at", now + limits.CodeResend), ("seconds", Seconds(limits.CodeResend))), null),
            WriteOutcome.Busy busy => (null, null, busy.RetryAfter),
            _ => (null, null, TimeSpan.FromSeconds(2)),
        };
    }

    public async Task<SentCode?> LookAsync(Guid id, CancellationToken cancel)
    {
        var row = await db.FirstAsync<CodeRow>($"SELECT {CodeRow.Columns} FROM one_time_code WHERE id = @id", new { id }, cancel);
        return row is null ? null : Sent(row, policies.Now);
    }

    /// <summary>Tries a typed code. When it fits, <paramref name="build"/> makes the change that it allows, and the code is used up in it or not at all.</summary>
    public async Task<CodeUse> UseAsync(Guid id, CodePurpose purpose, Guid boundTo, string? typed, Func<Task<Change>> build, CancellationToken cancel)
    {
        var code = Digits.Compact(typed);
        if (code.Length != Length || !Digits.AllAscii(code))
        {
            return new CodeUse.Refused(new Refusal(Form, ("length", Length)));
        }
        var limits = policies.Now;
        while (true)
        {
            var row = await ReadAsync(id, purpose, boundTo, cancel);
            if (row is null || row.State != CodeRow.Open)
            {
                return new CodeUse.Refused(new Refusal(Voided));
            }
            if (clock.Now() >= row.ExpiresAt)
            {
                return new CodeUse.Refused(new Refusal(Expired));
            }
            if (CryptographicOperations.FixedTimeEquals(Hash(row, code), row.Hash))
            {
                var change = await build();
                change.Heads.Add((row with { State = CodeRow.Used }).Next());
                var outcome = await writer.WriteAsync(change, cancel: cancel);
                if (outcome is WriteOutcome.Conflict { Table: "one_time_code" })
                {
                    continue;
                }
                return new CodeUse.Fitted(outcome, change);
            }
            var tries = row.Tries + 1;
            var wrong = new Change(null) { Heads = { (row with { Tries = tries, State = tries >= limits.CodeTries ? CodeRow.Void : CodeRow.Open }).Next() } };
            switch (await writer.WriteAsync(wrong, cancel: cancel))
            {
                case WriteOutcome.Done:
                    return new CodeUse.Refused(tries >= limits.CodeTries ? new Refusal(Voided) : new Refusal(Wrong, ("left", limits.CodeTries - tries)));
                case WriteOutcome.Conflict:
                    continue;
                case WriteOutcome.Busy busy:
                    return new CodeUse.Busy(busy.RetryAfter);
                default:
                    return new CodeUse.Busy(TimeSpan.FromSeconds(2));
            }
        }
    }

    private async Task<byte[]> NewCodeAsync(Change change, CodeRow row, Destination? to)
    {
        if (to is null)
        {
            // The same sealing as for somebody, and nobody gets it.
            var nobody = new Destination(new PersonId(row.BoundTo), ContactKind.Mobile, "+966500000000", TextCatalogue.Arabic);
            await messages.AddAsync(new Change(change.Act), nobody, "code", ("code", "000000"), ("minutes", (int)policies.Now.CodeLife.TotalMinutes));
            return RandomNumberGenerator.GetBytes(BlindIndex.Length);
        }
        var code = RandomNumberGenerator.GetInt32(1_000_000).ToString("D6", CultureInfo.InvariantCulture);
        await messages.AddAsync(change, to, "code", ("code", code), ("minutes", (int)policies.Now.CodeLife.TotalMinutes));
        return Hash(row, code);
    }

    // The row and what it is bound to are under the key with the code: a hash moved to another row, or another purpose, fits nothing.
    private byte[] Hash(CodeRow row, string code) => blind.Of("one_time_code", $"{row.Id:N}|{row.Purpose}|{row.BoundTo:N}|{row.Sends}|{code}");

    private Task<CodeRow?> ReadAsync(Guid id, CodePurpose purpose, Guid boundTo, CancellationToken cancel) =>
        db.FirstAsync<CodeRow>($"SELECT {CodeRow.Columns} FROM one_time_code WHERE id = @id AND purpose = @purpose AND bound_to = @boundTo", new { id, purpose = purpose.ToString(), boundTo }, cancel);

    private static SentCode Sent(CodeRow row, SignInLimits limits) => new(row.Id, row.Sends >= limits.CodeSends ? null : row.SentAt + limits.CodeResend, row.ExpiresAt);

    private static int Seconds(Duration left) => (int)Math.Ceiling(left.TotalSeconds);
}
