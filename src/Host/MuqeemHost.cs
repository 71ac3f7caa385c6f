using System.Globalization;
using Microsoft.AspNetCore.HttpOverrides;
using Muqeem.Agencies;
using Muqeem.Cases;
using Muqeem.Credentials;
using Muqeem.Credentials.Cards;
using Muqeem.Credentials.Forms;
using Muqeem.Credentials.Holding;
using Muqeem.Credentials.Issuing;
using Muqeem.Credentials.Telling;
using Muqeem.Credentials.Verifying;
using Muqeem.Host.Api;
using Muqeem.Host.Developers;
using Muqeem.Host.Wiring;
using Muqeem.Kernel;
using Muqeem.Office;
using Muqeem.Payments;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Exchanges;
using Muqeem.Platform.Files;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Journal;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Pages;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Privacy;
using Muqeem.Platform.Signatures;
using Muqeem.Platform.Texts;
using Muqeem.Platform.Writing;
using Muqeem.Portal;
using Muqeem.Registry;
using Muqeem.Services;
using Muqeem.SignIn;
using NodaTime;

namespace Muqeem.Host;

/// <summary>What this process does. On SQLite it does everything; on PostgreSQL the roles can be apart.</summary>
[Flags]
internal enum Roles
{
    Portal = 1,
    Office = 2,
    Api = 4,
    Worker = 8,
    All = Portal | Office | Api | Worker,
}

/// <summary>Composes the one executable: the same for serving, for the verbs and for the tests.</summary>
public static class MuqeemHost
{
    /// <summary>Builds the application. Refuses with a sentence (<see cref="CannotStartException"/>) what would be unsafe.</summary>
    /// <param name="settings">Settings that come before configuration, for tests.</param>
    public static WebApplication Build(string[] args, IReadOnlyDictionary<string, string?>? settings = null, Action<IServiceCollection>? more = null)
    {
        // The database lies below the content root of a demonstration: watching it costs a sixteenth of the CPU.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = ["--hostBuilder:reloadConfigOnChange=false", .. args], ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelHttpsConfiguration();
        if (settings is not null)
        {
            builder.Configuration.AddInMemoryCollection(settings);
        }
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = PagesSetup.LargestForm;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        });
        var configuration = builder.Configuration;
        // One line a request with its address would be a log of persons: what is measured is in /metrics.
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information).AddFilter("System.Net.Http", LogLevel.Warning);
        Validate(configuration);
        var roles = RolesOf(configuration);
        var services = builder.Services;
        AddCore(services, configuration, roles.HasFlag(Roles.Worker));
        var folder = (DataFolder)services.Last(s => s.ServiceType == typeof(DataFolder)).ImplementationInstance!;

        var pages = new PageOptions();
        configuration.GetSection(PageOptions.Section).Bind(pages);
        pages.Demonstration = folder.IsDemonstration;
        var clock = (MovableClock)services.Last(s => s.ServiceType == typeof(MovableClock)).ImplementationInstance!;
        pages.ClockIsMoved = clock.Offset != Duration.Zero;
        clock.Moved += (_, _) => pages.ClockIsMoved = clock.Offset != Duration.Zero;
        services.AddPages(pages);
        services.AddTexts(typeof(RegistrySetup).Assembly).AddTexts(typeof(PaymentsSetup).Assembly).AddTexts(typeof(CredentialsSetup).Assembly).AddTexts(typeof(AgenciesSetup).Assembly)
            .AddTexts(typeof(CasesSetup).Assembly).AddTexts(typeof(ServicesSetup).Assembly);
        services.AddPortal(configuration).AddOffice(configuration).AddApi(configuration);
        services.Configure<RouteOptions>(o => o.SetParameterPolicy<Microsoft.AspNetCore.Routing.Constraints.RegexInlineRouteConstraint>("regex"));
        services.AddSingleton<Metrics>();
        services.Configure<ForwardedHeadersOptions>(o => o.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto);
        services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(20));
        more?.Invoke(services);

        var app = builder.Build();
        if (configuration["BehindProxy"] == "true")
        {
            app.UseForwardedHeaders();
        }
        app.UsePages();
        app.UseApi();
        app.UseRouting();
        app.UseRecordedReads();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UsePageAntiforgery();
        Map(app, roles);
        return app;
    }

    /// <summary>What serving and the verbs share: data folder, keys, database, engine, agencies.</summary>
    private static void AddCore(IServiceCollection services, IConfiguration configuration, bool works)
    {
        var kind = configuration["Kind"] is { Length: > 0 } text ? Enum.Parse<FolderKind>(text, ignoreCase: true) : (FolderKind?)null;
        var database = DatabaseOptions.From(configuration);
        var folder = DataFolder.Open(database.Data, kind, TimeProvider.System);
        var clock = new MovableClock(folder, TimeProvider.System);
        var keys = KeyStore.Open(folder, KeySettings.From(configuration), clock);
        services.AddDatabase(database);
        services.AddPrivacy(folder, clock, keys);
        // Before the background work, which asks for them.
        services.AddPolicies();
        services.AddHostedService<Preparation>();
        // And what keeps what it says stops after it.
        services.AddExchanges();
        services.AddBackground(run: works);
        services.AddJournal(JournalOptions.From(configuration), run: works);
        services.AddFiles();
        services.AddSingleton(p => new ExchangeDesk(MessageSigner.Of(keys, KeyPurpose.Exchange), () => p.GetRequiredService<PolicyBook>().Current, clock, p.GetRequiredService<ExchangeKeeper>().Keep));
        services.AddSingleton(OwnAddresses.From(configuration));
        services.AddSingleton<CallGate>();
        services.AddAgencies(configuration);
        var origin = configuration["PublicOrigin"] is { Length: > 0 } address ? new Uri(address).GetLeftPart(UriPartial.Authority) : null;
        services.AddRegistry().AddPayments().AddServices().AddCases(origin);
        services.AddCredentials(origin, configuration["Trust:Street"]);
        services.AddSingleton<PortraitOf>(p => (access, person, photo, cancel) => Portraits.OfAsync(p.GetRequiredService<Uploads>(), access, person, photo, UploadPart.Thumbnail, cancel));
        services.AddSingleton<CardPhotoOf>(p => (access, person, photo, cancel) => Portraits.OfAsync(p.GetRequiredService<Uploads>(), access, person, photo, UploadPart.Display, cancel));
        services.AddSingleton<TellHolder>(p => (change, person, kind, arguments) => p.GetRequiredService<Notices>().AddAsync(change, person, kind, null, arguments));
        services.AddSingleton<StandingOf>(p => (person, cancel) => Standings.OfAsync(p, person, cancel));
        services.AddSingleton<StandingsOf>(p => (persons, cancel) => Standings.OfAsync(p, persons, cancel));
        services.AddSingleton<ResidencesSince>(p => (from, cancel) => Standings.WrittenSinceAsync(p, from, cancel));
        services.AddSingleton<TellReplaced>(p => (change, person, _) => p.GetRequiredService<Notices>().AddAsync(change, person, "credentials_replaced", null));
        services.AddSingleton<PersonOfAccount>(p => async (account, cancel) => await p.GetRequiredService<Accounts>().FindAsync(account, cancel) is { Kind: AccountKind.Resident } own ? own.Person : null);
        services.AddSingleton<UploadsSent>(p => (person, uploads, cancel) => p.GetRequiredService<Uploads>().SentAsync(person, uploads, cancel));
        services.AddSignIn();
        services.AddMoney();
        Register.Add(services);
        NoticeMessages.Add(services);
        NationalWallets.Add(services);
        Contests.Add(services);
        Shipments.Add(services);
        ReconcilingWork.Add(services);
        FeedWiring.Add(services, configuration, works);
        if (Verbs.Seeding.People(configuration) > 0)
        {
            services.AddHttpClient("seeding").RemoveAllLoggers();
            services.AddHostedService<Verbs.Seeding>();
        }
        if (works)
        {
            services.AddHostedService<Deadlines>();
            services.AddHostedService<RewrappingJob>();
        }
    }

    private static void Map(WebApplication app, Roles roles)
    {
        TrustRoutes.Map(app);
        BundleRoutes.Map(app);
        app.MapGet("/healthz", () => Results.Text("ok\n")).AllowAnonymous();
        app.MapGet("/readyz", ReadyAsync).AllowAnonymous();
        app.MapGet(Metrics.Path, Metrics.Answer).AllowAnonymous();
        app.MapHooks();
        app.MapFeed();
        app.MapJournal();
        if (roles.HasFlag(Roles.Portal) || roles.HasFlag(Roles.Office))
        {
            var pages = app.MapPages();
            DeveloperPages.Map(app, pages);
            if (roles.HasFlag(Roles.Portal))
            {
                app.MapPortal(pages);
            }
            if (roles.HasFlag(Roles.Office))
            {
                app.MapOffice(pages);
            }
        }
        if (roles.HasFlag(Roles.Api))
        {
            app.MapApi();
            OpenId.OpenIdRoutes.Map(app);
        }
    }

    /// <summary>For verbs that serve nothing: database and policies as at start.</summary>
    internal static async Task PrepareAsync(WebApplication app)
    {
        await app.Services.GetRequiredService<Db>().MigrateAsync(app.Services.GetRequiredService<TimeProvider>());
        var policies = app.Services.GetRequiredService<PolicyBook>();
        await policies.ImportBaselineAsync(app.Services.GetRequiredService<IWriter>());
        await policies.LoadAsync();
    }

    /// <summary>Ready when the database answers and the policies are loaded.</summary>
    private static async Task<IResult> ReadyAsync(Db db, PolicyBook policies, IHostApplicationLifetime life, CancellationToken cancel)
    {
        if (life.ApplicationStopping.IsCancellationRequested)
        {
            return Results.Text("stopping\n", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
        try
        {
            await db.ExistsAsync("SELECT 1", null, cancel);
            return Results.Text(string.Create(CultureInfo.InvariantCulture, $"ready, policies {policies.Current.Version}\n"));
        }
        catch (Exception e) when (e is System.Data.Common.DbException or InvalidOperationException)
        {
            return Results.Text("not ready\n", statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static Roles RolesOf(IConfiguration configuration)
    {
        var roles = configuration["Roles"] is { Length: > 0 } text
            ? text.Split(',', StringSplitOptions.TrimEntries).Select(r => Enum.TryParse<Roles>(r, ignoreCase: true, out var role) ? role
                : throw new CannotStartException($"Roles: '{r}' is not a role. There are portal, office, api and worker.")).Aggregate((a, b) => a | b)
            : Roles.All;
        if (string.IsNullOrEmpty(configuration["PostgreSql"]) && roles != Roles.All)
        {
            throw new CannotStartException("Roles: on the embedded SQLite one process has all roles. Leave Roles out, or set PostgreSql.");
        }
        return roles;
    }

    /// <summary>Says at start what would fail later.</summary>
    private static void Validate(IConfiguration configuration)
    {
        // The others need not call: what they have to answer they are asked.
        foreach (var agency in (string[])[PaymentGateway.Name, AlienRegister.Name, LabourContracts.Name, DomesticWork.Name])
        {
            if (string.IsNullOrEmpty(configuration[$"Agencies:{agency}:Keys"]))
            {
                throw new CannotStartException($"Agencies:{agency}:Keys must hold the agency's public keys: without them nobody could tell its calls from forged ones.");
            }
        }
        if (configuration[Metrics.KeySetting] is { Length: > 0 and < Metrics.ShortestKey })
        {
            throw new CannotStartException($"{Metrics.KeySetting} must have at least {Metrics.ShortestKey} characters.");
        }
        if (configuration["PublicOrigin"] is { Length: > 0 } origin && (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.AbsolutePath != "/"))
        {
            throw new CannotStartException("PublicOrigin is an address without a path, like https://muqeem.example.");
        }
    }

    /// <summary>Before anything is served: the baseline of policies is published and loaded, and the type of the credentials stored.</summary>
    private sealed class Preparation(PolicyBook policies, IWriter writer, TypeVersions types) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            await policies.ImportBaselineAsync(writer, cancellationToken);
            await policies.LoadAsync(cancellationToken);
            // Wallets look at the type before anything is issued.
            await types.CurrentAsync(cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
