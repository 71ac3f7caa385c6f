using System.Text.Json.Nodes;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Verifier.Exchanges;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Platform.Exchanges;

/// <summary>Makes evidence of what was kept.</summary>
public sealed class ExchangeArchive(Db db, ReadDoor door)
{
    /// <summary>A request with its answers, as many as there were, for <see cref="ExchangeEvidence"/>; null when nothing is kept under this id that was signed.</summary>
    /// <param name="concerns">The persons whom the messages concern, so that each sees that it was read.</param>
    /// <exception cref="ErasedException">The month was erased.</exception>
    public async Task<string?> ExportAsync(Guid requestId, Actor reader, Func<string, CancellationToken, Task<IReadOnlyList<PersonId>>> concerns, CancellationToken cancel = default)
    {
        var exchanges = new JsonArray();
        foreach (var row in await db.QueryAsync<Row>("""
            SELECT id, agency, direction, operation, purpose, at, outcome, request_digest, request_signature, answer_digest, answer_signature, keeper_id, content
            FROM exchange WHERE request_id = @requestId AND content IS NOT NULL AND request_signature IS NOT NULL ORDER BY id
            """, new { requestId }, cancel))
        {
            var keeper = new PersonId(row.KeeperId);
            var context = new SealContext(keeper, RetentionClass.Case, ExchangeTables.Exchange.Name, row.Id);
            var content = await door.OpenAsync<ExchangeContent>(door.Enter(reader, Purpose.Audit, null, "exchange.export", keeper), context, row.Content!, cancel);
            // Whom it concerns is known only now, and an answer may name others than the question: a family. Nothing has been shown yet.
            if (await concerns($"{content.RequestBase}\n{TextOf(content.RequestBody)}\n{TextOf(content.AnswerBody)}", cancel) is { Count: > 0 } persons)
            {
                await door.OpenAsync<ExchangeContent>(door.Enter(reader, Purpose.Audit, null, "exchange.export", [keeper, .. persons]), context, row.Content!, cancel);
            }
            exchanges.Add(new JsonObject
            {
                ["agency"] = row.Agency,
                ["direction"] = row.Direction,
                ["operation"] = row.Operation,
                ["purpose"] = row.Purpose,
                ["at"] = InstantPattern.ExtendedIso.Format(row.At),
                ["outcome"] = row.Outcome,
                ["request"] = Part(content.RequestBase, row.RequestSignature, row.RequestDigest, content.RequestBody),
                ["answer"] = Part(content.AnswerBase, row.AnswerSignature, row.AnswerDigest, content.AnswerBody),
            });
        }
        return exchanges.Count == 0 ? null : new JsonObject { ["format"] = ExchangeEvidence.Format, ["exchanges"] = exchanges }.ToJsonString(new() { WriteIndented = true }) + "\n";
    }

    private static string TextOf(byte[]? body) => body is null ? "" : System.Text.Encoding.UTF8.GetString(body);

    private static JsonObject? Part(string? signed, byte[]? signature, byte[]? digest, byte[]? body)
    {
        if (signed is null || signature is null || digest is null)
        {
            return null;
        }
        var part = new JsonObject { ["base"] = signed, ["signature"] = Convert.ToBase64String(signature), ["digest"] = Convert.ToBase64String(digest) };
        if (body is not null)
        {
            part["body"] = Convert.ToBase64String(body);
        }
        return part;
    }

    private sealed record Row(
        Guid Id, string Agency, string Direction, string Operation, string Purpose, Instant At, string Outcome, byte[]? RequestDigest, byte[]? RequestSignature, byte[]? AnswerDigest, byte[]? AnswerSignature,
        Guid KeeperId, byte[]? Content);
}
