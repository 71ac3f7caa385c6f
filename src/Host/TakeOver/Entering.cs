using Muqeem.Cases;
using Muqeem.Credentials.Issuing;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Registry;

namespace Muqeem.Host.TakeOver;

/// <summary>How entering a person ended.</summary>
internal abstract record Entered
{
    private Entered() { }

    public sealed record New : Entered;

    /// <summary>From these very rows, before.</summary>
    public sealed record Before : Entered;

    /// <param name="Why">The code for the report.</param>
    public sealed record Refused(string Why) : Entered;
}

/// <summary>Enters one person with everything that belongs to him: one act, whose evidence is the delivery and its line.</summary>
internal sealed class Entering(
    Delivery delivery, string reason, Persons persons, Residences residences, Documents documents, CaseEngine cases, TakeOvers notes, Sealer sealer, IWriter writer, TimeProvider clock)
{
    public const string Verb = "person.take_over";

    private static readonly Actor Importer = Actor.System("take-over");
    private static readonly RetentionClass[] Known = [RetentionClass.Identity];
    private static readonly RetentionClass[] WithCases = [RetentionClass.Identity, RetentionClass.Case];

    /// <summary>The change is made before this returns; the task is the writer's answer.</summary>
    public async ValueTask<Task<Entered>> EnterAsync(Plan plan, byte[] content, CancellationToken cancel)
    {
        var person = PersonId.New(clock);
        var row = plan.Bundle.Person;
        // The same row of the same delivery is the same operation, whatever was killed in between.
        var operation = Names.IdOf($"take-over:{delivery.Name}:{row.Shape.File}:{row.Line}");
        var digest = Digest.Of(Verb, Convert.ToHexString(content));
        var change = new Change(new Act(ActId.New(clock), Verb, Importer, operation, digest, clock.Now()) { Person = person, Reason = reason, Answer = person.ToString() });
        using (sealer.MakeKeys(change, person, plan.Cases.Count > 0 ? WithCases : Known))
        {
            await persons.AddAsync(change, person, plan.Record!);
            var ids = new Guid[plan.Residences.Count];
            for (var i = 0; i < ids.Length; i++)
            {
                ids[i] = await residences.TakeOverAsync(change, person, plan.Residences[i].Earlier, plan.Residences[i].Details, new CaseId(operation));
            }
            foreach (var document in plan.Documents)
            {
                await documents.TakeOverAsync(change, person, ids[document.Residence], document.Earlier, document.Content);
            }
            foreach (var @case in plan.Cases)
            {
                var category = plan.Residences.FirstOrDefault(r => r.Earlier.EndReason is null)?.Earlier.Category ?? "";
                await cases.TakeOverAsync(change, new Operation(Importer, operation, digest), person, category, @case.Service, @case.Since.StartInRiyadh(), @case.Answers);
            }
        }
        notes.Note(change, person, plan.Record!.ResidentNumber, delivery.Digest, row.Line, content, plan.Findings.Select(f => f.Code));
        return WriteAsync(change, plan.Record!, content, cancel);
    }

    private async Task<Entered> WriteAsync(Change change, PersonRecord record, byte[] content, CancellationToken cancel)
    {
        while (true)
        {
            switch (await writer.WriteAsync(change, cancel: cancel))
            {
                case WriteOutcome.Done:
                    return new Entered.New();
                case WriteOutcome.Replayed:
                    return new Entered.Before();
                case WriteOutcome.Claimed claimed:
                    return await WhoseAsync(record, content, cancel) ?? new Entered.Refused(claimed.Kind == Documents.SerialClaim ? "document.serial_known" : "person.known");
                case WriteOutcome.Busy busy:
                    await Task.Delay(busy.RetryAfter, cancel);
                    break;
                case WriteOutcome.InDoubt:
                    await Task.Delay(TimeSpan.FromSeconds(1), cancel);
                    break;
                case var other:
                    throw new InvalidOperationException($"A person could not be entered: {other.GetType().Name}.");
            }
        }
    }

    /// <summary>Somebody has one of the numbers: it may be this very person, from another run.</summary>
    private async Task<Entered?> WhoseAsync(PersonRecord record, byte[] content, CancellationToken cancel)
    {
        foreach (var (kind, number) in new[] { (IdentifierKinds.Resident, record.ResidentNumber), (IdentifierKinds.Border, record.BorderNumber) })
        {
            if (number is not null && (await notes.KnownAsync(kind, [number], cancel)).TryGetValue(number, out var known))
            {
                return known.Content?.AsSpan().SequenceEqual(content) == true ? new Entered.Before() : new Entered.Refused("person.known");
            }
        }
        return null;
    }
}
