using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Muqeem.Agencies;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Registry;
using Muqeem.SignIn.Book;
using Muqeem.SignIn.Live;
using Muqeem.SignIn.Messages;
using Muqeem.SignIn.Passwords;
using Muqeem.SignIn.Throttling;
using NodaTime;

namespace Muqeem.SignIn;

/// <summary>Who may enter an endpoint: names of authorization policies. Every route has one, or says that it is for everybody.</summary>
public static class Doors
{
    /// <summary>A resident, proofed or not.</summary>
    public const string Resident = "resident";

    /// <summary>A resident who may see the records.</summary>
    public const string Records = "resident-records";

    /// <summary>Anybody signed in.</summary>
    public const string SignedIn = "signed-in";

    public const string Officer = "office-officer";
    public const string Supervisor = "office-supervisor";

    /// <summary>Officer or supervisor.</summary>
    public const string CaseWork = "office-case-work";
    public const string Auditor = "office-auditor";
    public const string Operator = "office-operator";

    /// <summary>Anybody of the office.</summary>
    public const string Office = "office";
}

/// <summary>Registers accounts and sessions. After the database, privacy, texts, policies, registry, agencies and background.</summary>
public static class SignInSetup
{
    public static IServiceCollection AddSignIn(this IServiceCollection services, Action<MuqeemSessionOptions>? options = null)
    {
        services.AddTexts(typeof(SignInSetup).Assembly);
        services.AddSingleton(p => SignInRetention.Of(Db(p)));
        services.AddSingleton(p => new SignInPolicies(p.GetRequiredService<PolicyBook>(), Clock(p)));
        services.AddSingleton(p => new AccountBook(Db(p), p.GetRequiredService<Sealer>(), Door(p), Blind(p), p.GetRequiredService<Persons>()));
        services.AddSingleton(p => new SessionCache(Clock(p)) { Alone = Db(p).Dialect.Kind == DatabaseKind.Sqlite });
        services.AddSingleton(p => new PasswordHasher(Pepper(p.GetRequiredService<KeyStore>())));
        services.AddSingleton(p => new Throttle(Blind(p), Db(p), Writer(p), Clock(p), p.GetRequiredService<ILogger<Throttle>>()));
        services.AddSingleton(p => new TextMessages(p.GetRequiredService<Sealer>(), p.GetRequiredService<TextCatalogue>(), Clock(p)));
        services.AddSingleton(p => new HolderMessages(Book(p), p.GetRequiredService<TextMessages>(), Clock(p)));
        services.AddSingleton(p => new HolderNotices(Book(p), p.GetRequiredService<Sealer>(), Door(p), p.GetRequiredService<TextCatalogue>(), Clock(p)));
        services.AddSingleton(p => new Delivery(p.GetRequiredService<Messaging>(), Door(p), Policies(p), Clock(p)));
        services.AddSingleton(p => new IdentityCheck(p.GetRequiredService<AlienRegister>(), Clock(p)));
        services.AddSingleton(p => new OneTimeCodes(Db(p), Writer(p), Blind(p), p.GetRequiredService<TextMessages>(), Policies(p), Clock(p)));
        services.AddSingleton(p => new Sessions(Db(p), Writer(p), Book(p), p.GetRequiredService<SessionCache>(), Policies(p), Clock(p)));
        services.AddSingleton(p => new SignIns(
            Db(p), Writer(p), Book(p), Sessions(p), p.GetRequiredService<OneTimeCodes>(), Hasher(p), p.GetRequiredService<Throttle>(), p.GetRequiredService<TextMessages>(), Policies(p), Clock(p)));
        services.AddSingleton(p => new FederatedSignIns(
            Db(p), Writer(p), Blind(p), Book(p), Sessions(p), p.GetRequiredService<Throttle>(), p.GetRequiredService<TextMessages>(), p.GetRequiredService<FederatedSignIn>(), Policies(p), Clock(p),
            p.GetRequiredService<ILogger<FederatedSignIns>>()));
        services.AddSingleton(p => new Registration(
            Db(p), Writer(p), p.GetRequiredService<Sealer>(), Door(p), p.GetRequiredService<Persons>(), Book(p), Sessions(p), p.GetRequiredService<OneTimeCodes>(), Hasher(p), p.GetRequiredService<Throttle>(),
            p.GetRequiredService<IdentityCheck>(), p.GetRequiredService<LabourContracts>(), p.GetRequiredService<DomesticWork>(), p.GetRequiredService<NationalAddresses>(), Policies(p), Clock(p)));
        services.AddSingleton(p => new AccessRecovery(
            Db(p), Writer(p), p.GetRequiredService<Sealer>(), Door(p), p.GetRequiredService<Persons>(), Book(p), Sessions(p), p.GetRequiredService<OneTimeCodes>(), Hasher(p), p.GetRequiredService<Throttle>(),
            p.GetRequiredService<IdentityCheck>(), p.GetRequiredService<HolderMessages>(), Policies(p), Clock(p)));
        services.AddSingleton(p => new Accounts(Writer(p), Book(p), Sessions(p), Hasher(p), p.GetRequiredService<HolderMessages>(), Policies(p), Clock(p)));
        services.AddSingleton(p => new Authenticator(Db(p), Writer(p), Book(p), Sessions(p), p.GetRequiredService<HolderMessages>(), Clock(p)));
        services.AddSingleton(p => new RecoveryCodes(Writer(p), Book(p), Hasher(p), p.GetRequiredService<HolderMessages>(), Clock(p)));
        services.AddSingleton(p => new ContactChanges(
            Db(p), Writer(p), Blind(p), Door(p), p.GetRequiredService<Persons>(), Book(p), Sessions(p), p.GetRequiredService<OneTimeCodes>(), p.GetRequiredService<IdentityCheck>(), p.GetRequiredService<Throttle>(),
            p.GetRequiredService<HolderMessages>(), Policies(p), Clock(p)));
        services.AddSingleton(p => new AddressChanges(Db(p), Writer(p), Book(p), p.GetRequiredService<NationalAddresses>(), p.GetRequiredService<HolderMessages>(), Clock(p)));
        services.AddSingleton(p => new OfficeAccounts(Db(p), Writer(p), Book(p), Sessions(p), Hasher(p), p.GetRequiredService<TextMessages>(), Policies(p), Clock(p)));
        services.AddSingleton(p => new AttemptBudgets(p.GetRequiredService<Throttle>()));
        services.AddSingleton(p => new Cleaning(Db(p), Writer(p), Clock(p)));

        services.HandleOutbox<Delivery>(TextMessages.SmsTopic, (delivery, item, cancel) => delivery.HandleAsync(item, cancel));
        services.HandleOutbox<Delivery>(TextMessages.EmailTopic, (delivery, item, cancel) => delivery.HandleAsync(item, cancel));
        services.HandleOutbox<HolderNotices>(HolderNotices.Topic, (notices, item, cancel) => notices.HandleAsync(item, cancel));
        services.AddWork(p =>
        {
            var jobs = p.GetRequiredService<Jobs>();
            jobs.Every("contact.cool_down", Duration.FromMinutes(1), (_, cancel) => p.GetRequiredService<ContactChanges>().ApplyDueAsync(cancel));
            jobs.Every("sign-in.clean", Duration.FromMinutes(30), async (_, cancel) =>
            {
                await p.GetRequiredService<Cleaning>().RunAsync(cancel);
                await p.GetRequiredService<Throttle>().SweepAsync(cancel);
            });
        });
        services.AddHostedService(p => new SessionWatch(Sessions(p), p.GetRequiredService<Throttle>(), p.GetRequiredService<ILogger<SessionWatch>>()));

        services.AddAuthentication(MuqeemSession.Scheme).AddScheme<MuqeemSessionOptions, MuqeemSessionHandler>(MuqeemSession.Scheme, options ?? (_ => { }));
        services.AddAuthorizationBuilder()
            .AddPolicy(Doors.SignedIn, policy => Require(policy, _ => true))
            .AddPolicy(Doors.Resident, policy => Require(policy, session => !session.IsOffice))
            .AddPolicy(Doors.Records, policy => Require(policy, session => session.SeesRecords))
            .AddPolicy(Doors.Office, policy => Require(policy, session => session.IsOffice))
            .AddPolicy(Doors.Officer, policy => Require(policy, session => session.Has(OfficeRole.Officer)))
            .AddPolicy(Doors.Supervisor, policy => Require(policy, session => session.Has(OfficeRole.Supervisor)))
            .AddPolicy(Doors.CaseWork, policy => Require(policy, session => session.Has(OfficeRole.Officer | OfficeRole.Supervisor)))
            .AddPolicy(Doors.Auditor, policy => Require(policy, session => session.Has(OfficeRole.Auditor)))
            .AddPolicy(Doors.Operator, policy => Require(policy, session => session.Has(OfficeRole.Operator)));
        return services;
    }

    private static void Require(AuthorizationPolicyBuilder policy, Func<Session, bool> may) =>
        policy.RequireAuthenticatedUser().RequireAssertion(context => context.User is SessionPrincipal principal && may(principal.Session));

    internal static Func<byte[], byte[]> Pepper(KeyStore keys) => secret => keys.Mac(KeyPurpose.Password, secret);

    private static Db Db(IServiceProvider p) => p.GetRequiredService<Db>();

    private static IWriter Writer(IServiceProvider p) => p.GetRequiredService<IWriter>();

    private static ReadDoor Door(IServiceProvider p) => p.GetRequiredService<ReadDoor>();

    private static BlindIndex Blind(IServiceProvider p) => p.GetRequiredService<BlindIndex>();

    private static AccountBook Book(IServiceProvider p) => p.GetRequiredService<AccountBook>();

    private static Sessions Sessions(IServiceProvider p) => p.GetRequiredService<Sessions>();

    private static PasswordHasher Hasher(IServiceProvider p) => p.GetRequiredService<PasswordHasher>();

    private static SignInPolicies Policies(IServiceProvider p) => p.GetRequiredService<SignInPolicies>();

    private static TimeProvider Clock(IServiceProvider p) => p.GetRequiredService<TimeProvider>();
}

/// <summary>How the budgets against guessing stand, for the operators' page.</summary>
public sealed class AttemptBudgets
{
    private readonly Throttle _throttle;

    internal AttemptBudgets(Throttle throttle) => _throttle = throttle;

    public IReadOnlyList<BudgetStanding> Standing() => _throttle.Standing();
}
