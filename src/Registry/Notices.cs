using System.Text.Json;
using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Registry;

/// <summary>A notice as its person reads it.</summary>
public sealed record Notice(Guid Id, Instant At, string Kind, CaseId? Case, IReadOnlyDictionary<string, object?> Arguments, bool Read);

/// <summary>Notices to people: always into the inbox; the outbox tells them by text message, which only says to open the account.</summary>
public sealed class Notices(Db db, Sealer sealer, ReadDoor door, TimeProvider clock)
{
    /// <summary>Topic of the outbox: the payload names the notice, the handler finds the channels.</summary>
    public const string Topic = "notice";

    public async Task AddAsync(Change change, PersonId person, string kind, CaseId? @case, params (string Name, object? Value)[] arguments)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        var values = arguments.ToDictionary(a => a.Name, a => FactText.Write(a.Value), StringComparer.Ordinal);
        var sealedArguments = await sealer.SealAsync(change, Context(person, id), values);
        change.Rows.Add(RegistryTables.Notice.Insert(person.Value, id, clock.Now(), kind, @case?.Value, sealedArguments));
        change.Messages.Add(new OutboxMessage(id, Topic, "notice:" + person, JsonSerializer.Serialize(new NoticeMessage(person.Value, id, kind), StoredJson.Options), Person: person));
    }

    /// <summary>Newest first, at most <paramref name="limit"/>; older ones before <paramref name="before"/>.</summary>
    public async Task<IReadOnlyList<Notice>> ListAsync(Access access, PersonId person, Guid? before, int limit, CancellationToken cancel = default)
    {
        var rows = await db.QueryAsync<StoredNotice>("""
            SELECT n.id AS Id, n.at AS At, n.kind AS Kind, n.case_id AS CaseId, n.arguments AS Arguments, r.at AS ReadAt
            FROM notice n LEFT JOIN notice_read r ON r.person_id = n.person_id AND r.notice_id = n.id
            WHERE n.person_id = @person AND (@any = 1 OR n.id < @before) ORDER BY n.id DESC LIMIT @limit
            """, new { person = person.Value, any = before is null ? 1 : 0, before = before ?? Guid.Empty, limit }, cancel);
        var notices = new List<Notice>(rows.Count);
        foreach (var row in rows)
        {
            var arguments = await door.OpenAsync<Dictionary<string, string>>(access, Context(person, row.Id), row.Arguments, cancel);
            notices.Add(new(row.Id, row.At, row.Kind, row.CaseId is { } c ? new CaseId(c) : null, FactText.Read(arguments), row.ReadAt is not null));
        }
        return notices;
    }

    public async Task<int> UnreadAsync(PersonId person, CancellationToken cancel = default) =>
        (int)await db.SingleAsync<long>("SELECT count(*) FROM notice n WHERE n.person_id = @person AND NOT EXISTS (SELECT 1 FROM notice_read r WHERE r.person_id = n.person_id AND r.notice_id = n.id)",
            new { person = person.Value }, cancel);

    public void MarkRead(Change change, PersonId person, IEnumerable<Guid> notices)
    {
        foreach (var id in notices)
        {
            change.Rows.Add(RegistryTables.NoticeRead.Put(person.Value, id, clock.Now()));
        }
    }

    private static SealContext Context(PersonId person, Guid id) => new(person, RetentionClass.Message, "notice", id);

    private sealed record StoredNotice
    {
        public Guid Id { get; init; }
        public Instant At { get; init; }
        public string Kind { get; init; } = "";
        public Guid? CaseId { get; init; }
        public byte[] Arguments { get; init; } = [];
        public Instant? ReadAt { get; init; }
    }
}

/// <summary>Payload of <see cref="Notices.Topic"/>.</summary>
public sealed record NoticeMessage(Guid Person, Guid Notice, string Kind);
