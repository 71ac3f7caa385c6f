using Muqeem.Kernel;
using Muqeem.Platform.Database;
using Muqeem.Platform.Privacy;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>What a person's account says of how long the data is kept: somebody of the office is kept until the account is closed.</summary>
internal static class SignInRetention
{
    private sealed record Held(Guid Person, string Kind, string State, Instant ChangedAt);

    private sealed record Seen(Guid Person, Instant At);

    public static RetentionSource Of(Db db) => new("accounts", async (persons, notes, cancel) =>
    {
        var arguments = new { ids = persons.Select(p => p.Value).ToArray() };
        foreach (var held in await db.QueryAsync<Held>("SELECT person, kind, state, changed_at FROM account WHERE person = ANY(@ids)", arguments, cancel))
        {
            var person = new PersonId(held.Person);
            notes.Happened(person, "signed_in", held.ChangedAt);
            if (held.Kind == nameof(AccountKind.Office) && held.State != nameof(AccountState.Closed))
            {
                notes.Keep(person, "office");
            }
        }
        foreach (var seen in await db.QueryAsync<Seen>("SELECT person, max(created_at) AS at FROM session WHERE person = ANY(@ids) GROUP BY person", arguments, cancel))
        {
            notes.Happened(new PersonId(seen.Person), "signed_in", seen.At);
        }
    });
}
