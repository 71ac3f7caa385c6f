using Microsoft.Extensions.DependencyInjection;
using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Kernel;
using Muqeem.Platform.Files;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Writing;
using Muqeem.Sandbox.State;

namespace Muqeem.Tests;

/// <summary>Applications for the first ID that a test needs to be there, made by the engine as the pages do it.</summary>
public static class Applications
{
    /// <summary>An Arabic name that nobody of the population has: an officer has to compare.</summary>
    public const string AnotherName = "عبدالرحيم خان";

    /// <summary>A file as the upload pages leave it, but for the picture, at which nobody looks.</summary>
    public static async Task<string> SendFileAsync(this WholeWorld world, PersonId person, string kind)
    {
        var id = Guid.CreateVersion7();
        var change = new Change(new Act(ActId.New(world.Clock), "test.upload", Actor.System("test"), Guid.CreateVersion7(), Digest.Of(kind), world.Clock.Now()) { Person = person });
        var name = await world.Get<Sealer>().SealAsync(change, new SealContext(person, RetentionClass.Document, "upload", id), kind + ".jpg");
        change.Rows.Add(UploadTables.Upload.Insert(id, person.Value, null, kind, Digest.Of(id.ToString())[..16], "jpg", 1, 1, 1, 1, world.Clock.Now(), name));
        Assert.IsType<WriteOutcome.Done>(await world.Get<IWriter>().WriteAsync(change));
        return id.ToString();
    }

    /// <summary>What the applicant answers, by page.</summary>
    public static async Task<IReadOnlyDictionary<string, Dictionary<string, string>>> AnswersAsync(this WholeWorld world, PersonId person, PersonInHand hand, string? nameArabic = null) => new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal)
    {
        ["passport"] = new(StringComparer.Ordinal) { ["passportPage"] = await world.SendFileAsync(person, "passport_page"), ["mrz"] = hand.Mrz },
        ["name"] = new(StringComparer.Ordinal) { ["nameArabic"] = nameArabic ?? hand.NameArabic! },
        ["photo"] = new(StringComparer.Ordinal) { ["photo"] = await world.SendFileAsync(person, "face_photo") },
        ["work"] = new(StringComparer.Ordinal) { ["occupation"] = hand.Occupation, ["employerNumber"] = hand.EmployerNumber! },
        ["address"] = new(StringComparer.Ordinal) { ["shortAddress"] = hand.ShortAddress! },
        ["term"] = new(StringComparer.Ordinal) { ["months"] = "12" },
        ["statement"] = new(StringComparer.Ordinal) { ["truth"] = "yes" },
    };

    /// <summary>Whatever the population's dice gave: nothing is left that an agency would say against the person. The insurers' register would show it in twenty minutes.</summary>
    public static async Task NothingStandsAgainstAsync(this WholeWorld world, PersonInHand hand)
    {
        world.SandboxApp.Services.GetRequiredService<Knobs>().Set(HealthInsurance.Name, hand.Index, new Knob());
        foreach (var act in new[] { "insure", "test", "enrol", "clear", "lift" })
        {
            await world.AtDeskAsync($"people/{hand.Index}/acts/{act}");
        }
    }

    /// <summary>Somebody's application whose Arabic name is not the register's: it waits for an officer.</summary>
    /// <param name="account">Whose account; left out: one that only this application has.</param>
    public static async Task<(AccountId Account, CaseId Case, string Reference)> ApplyAsync(this WholeWorld world, PersonInHand hand, AccountId? account = null)
    {
        var (mine, id, reference, state) = await world.SendAsync(hand, account);
        if (state != Cases.Definition.CaseStates.UnderReview)
        {
            var track = await ReadDoor.RunAsync(() => world.Views.TrackAsync(Actor.Resident(mine), mine, id));
            Assert.Fail($"Person {hand.Index}: {state}, {string.Join(", ", track!.Findings.Select(f => f.Refusal.Code))}");
        }
        return (mine, id, reference);
    }

    /// <summary>The same, whatever becomes of it.</summary>
    public static async Task<(AccountId Account, CaseId Case, string Reference, string State)> SendAsync(this WholeWorld world, PersonInHand hand, AccountId? account = null)
    {
        await world.NothingStandsAgainstAsync(hand);
        var person = await world.Get<Registry.Persons>().FindAsync(Registry.IdentifierKinds.Border, hand.BorderNumber) ?? await world.KnowAsync(hand);
        var mine = account ?? new AccountId(Guid.CreateVersion7());
        Operation By(string what) => new(Actor.Resident(mine), Guid.CreateVersion7(), Digest.Of(what));
        async Task<CaseOutcome.Done> DoneAsync(Func<Task<CaseOutcome>> verb) => Assert.IsType<CaseOutcome.Done>(await ReadDoor.RunAsync(verb));
        var started = await DoneAsync(() => world.Engine.StartAsync(By("start"), mine, person, "issue", new Dictionary<string, string>(StringComparer.Ordinal)));
        foreach (var (page, answers) in await world.AnswersAsync(person, hand, AnotherName))
        {
            await DoneAsync(() => world.Engine.SaveAsync(By(page), mine, started.Case, page, answers));
        }
        var sent = await DoneAsync(() => world.Engine.SubmitAsync(By("submit"), mine, started.Case));
        return (mine, started.Case, started.Reference, sent.State);
    }

    /// <summary>The authenticator's code of a seeded office account; each code is taken once, so the later ones are of later steps.</summary>
    public static (string Name, string Password, byte[] Secret) Colleague(this WholeWorld world, string name)
    {
        var line = File.ReadAllLines(Path.Combine(world.Data, "accounts.txt")).Select(l => l.Split('\t')).Single(l => l[0] == name);
        return (line[0], line[2], SignIn.Factors.Totp.Unspell(line[3]));
    }
}
