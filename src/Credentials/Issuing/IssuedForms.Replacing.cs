using System.Security.Cryptography;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Status;
using Muqeem.Credentials.Verifying;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using NodaTime;

namespace Muqeem.Credentials.Issuing;

/// <summary>What of a person's forms was issued anew.</summary>
/// <param name="Withdrawn">Ended without another.</param>
internal sealed record Replacements(int Replaced, int Withdrawn);

/// <summary>Forms whose signer was withdrawn are issued anew, for the same key of the holder and to the same end.</summary>
public sealed partial class IssuedForms
{
    /// <summary>Ended because their signer was withdrawn; another took their place.</summary>
    internal const string Replaced = "replaced";

    /// <summary>Ended because their signer was withdrawn, with nothing in their place: the holder can ask when document and residence are in force.</summary>
    internal const string Withdrawn = "withdrawn";

    /// <summary>Committing answers Claimed with this kind when the holder was told already.</summary>
    private const string ToldClaim = "credential.told";

    private const int FormsAtOnce = 50;

    /// <summary>Ends every form of a person that this key signed, and promises and signs another for each that can have one. What was promised and not signed is left to <see cref="CompleteAsync"/>.</summary>
    /// <param name="access">Names the person.</param>
    /// <param name="tell">Adds the notice to the holder; called until it is written once for this key and person.</param>
    /// <exception cref="NotWrittenException">Nothing was written, or nobody knows yet: come again.</exception>
    /// <exception cref="KeyUnavailableException">There is no other signer yet.</exception>
    internal async Task<Replacements> ReplaceAsync(Access access, PersonId person, string keyId, KeyPurpose purpose, string reason, TellReplaced tell, CancellationToken cancel)
    {
        var (replaced, withdrawn, told) = (0, 0, false);
        while (true)
        {
            var forms = (await db.QueryAsync<Stored>(Columns + "WHERE person_id = @person AND key_id = @keyId AND state = 'SIGNED' AND invalid_reason IS NULL AND expires_at > @now ORDER BY id LIMIT @most",
                new { person = person.Value, keyId, now = clock.Now(), most = FormsAtOnce }, cancel)).Select(s => s.Read()).ToList();
            if (forms.Count == 0)
            {
                return new(replaced, withdrawn);
            }
            var by = keys.Current(purpose);
            var document = await documents.LiveAsync(person, cancel);
            var standing = await standingOf(person, cancel);
            var inForce = standing is { Residence: ResidenceStanding.Active } && document?.LiveOn(clock.Today()) == true;
            // One end for each set of forms as they stand.
            var name = "credential.replace:" + string.Join(',', forms.Select(f => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{f.Id}:{f.RowVersion}")));
            var act = new Act(ActId.New(clock), "credential.replace", Actor.System("credentials"), Names.IdOf(name), Digest.Of("credential.replace", keyId), clock.Now()) { Person = person, Reason = reason };
            var change = new Change(act);
            var promises = new List<(IssuedForm Form, Unsigned Unsigned)>();
            foreach (var form in forms)
            {
                var next = inForce && form.Document == document!.Id ? await PromiseAgainAsync(access, change, form, document, standing!.Until, by, cancel) : null;
                Put(change, form with { InvalidReason = next is null ? Withdrawn : Replaced });
                if (next is { } promise)
                {
                    promises.Add(promise);
                }
            }
            if (!told)
            {
                change.Claims.Add(new Claim(ToldClaim, SHA256.HashData([.. System.Text.Encoding.ASCII.GetBytes(keyId), .. person.Value.ToByteArray(bigEndian: true)])));
                await tell(change, person, cancel);
            }
            switch (await writer.WriteAsync(change, WriteClass.Bulk, cancel))
            {
                case WriteOutcome.Done:
                    break;
                case WriteOutcome.Claimed { Kind: ToldClaim }:
                    told = true;
                    continue;
                case WriteOutcome.Claimed or WriteOutcome.Conflict or WriteOutcome.Replayed:
                    continue; // a place in the list met another, or somebody changed a form meanwhile: what stands now is looked at again
                case var other:
                    throw new NotWrittenException("Credentials could not be issued anew.", other);
            }
            (replaced, withdrawn, told) = (replaced + promises.Count, withdrawn + forms.Count - promises.Count, true);
            foreach (var (form, unsigned) in promises)
            {
                // One that cannot be signed now is a promise like any other.
                await SignAsync(form with { RowVersion = 1 }, unsigned, by, cancel);
            }
        }
    }

    /// <summary>Adds the promise of a form like this one to a change; null when what it says is gone for good.</summary>
    private async Task<(IssuedForm Form, Unsigned Unsigned)?> PromiseAgainAsync(
        Access access, Change change, IssuedForm form, DocumentVersion document, LocalDate residenceUntil, SigningCertificate by, CancellationToken cancel)
    {
        if (await db.FirstAsync<byte[]>("SELECT recipe FROM credential_recipe WHERE form_id = @id", new { id = form.Id }, cancel) is not { } cipher)
        {
            return null;
        }
        try
        {
            var former = await door.OpenAsync<FormRecipe>(access, Context(form), cipher, cancel);
            var type = await types.CurrentAsync(cancel);
            var recipe = former with { Seed = RandomNumberGenerator.GetBytes(Salts.SeedLength), ResidenceUntil = residenceUntil, Ages = rules().Ages, On = clock.Today(), Type = type.Version };
            var id = await ClaimsAsync(access, document, form.Kind, recipe, cancel);
            var expires = Within(by, form.Kind, form.Kind == FormKind.CardQr ? form.ExpiresAt : Instant.Min(form.ExpiresAt, Instant.Min(document.ExpiresDay.EndInRiyadh(), residenceUntil.EndInRiyadh())));
            if ((form.Kind == FormKind.Mdoc && !MdocForm.Fits(id)) || expires <= clock.Now())
            {
                return null;
            }
            var next = form with
            {
                Id = Guid.CreateVersion7(clock.GetUtcNow()),
                RowVersion = 0,
                Place = lists.Allocate(expires),
                KeyId = by.KeyId,
                Digest = [],
                State = PromiseState.Intended,
                Signature = null,
                IssuedAt = Instant.FromUnixTimeSeconds(clock.Now().ToUnixTimeSeconds()),
                ExpiresAt = expires,
            };
            var unsigned = Write(next, id, recipe, by.Chain, type);
            SecondLook.At(next.Kind, id, Terms(next, by.Chain), Holder(recipe), unsigned, clock.GetUtcNow());
            next = next with { Digest = unsigned.Digest };
            Put(change, next);
            change.Claims.Add(StatusLists.ClaimOf(next.Place));
            change.Rows.Add(CredentialsTables.Recipe.Insert(next.Id, await sealer.SealAsync(change, Context(next), recipe, cancel)));
            change.Rows.Add(CredentialsTables.Holder.Insert(next.Id, recipe.HolderX is { Length: > 0 } ? MarkOf(new HolderKey(recipe.HolderX, recipe.HolderY)) : null, form.Id));
            return (next, unsigned);
        }
        catch (ErasedException)
        {
            return null;
        }
    }
}
