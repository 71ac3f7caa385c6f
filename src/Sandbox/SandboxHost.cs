using Microsoft.AspNetCore.OpenApi;
using Muqeem.Agencies;
using Muqeem.Platform.Signatures;
using Muqeem.Sandbox.Desks;
using Muqeem.Sandbox.Pictures;
using Muqeem.Sandbox.StandIns;
using Muqeem.Sandbox.State;
using NodaTime;
using NodaTime.Text;

namespace Muqeem.Sandbox;

/// <summary>
/// The stand-ins of all agencies in one program. Options: <c>--urls</c>, <c>--data</c> (folder; <c>:memory:</c> keeps nothing), <c>--seed</c>, <c>--origin</c> (day on which the world begins),
/// <c>Webhooks:payments:Url</c>, <c>Webhooks:border:Url</c>, <c>Webhooks:labour:Url</c>, <c>Webhooks:domestic-work:Url</c>, <c>Webhooks:contests:Url</c> and <c>Webhooks:records:Url</c> (of all agencies): where Muqeem is called; <c>Muqeem:Keys</c>: whom the stand-ins answer;
/// <c>Keys:&lt;prefix&gt;</c>: an agency's own key, made when it is not given.
/// </summary>
public static class SandboxHost
{
    public static WebApplication Build(string[] args, TimeProvider? real = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning);
        builder.Services.ConfigureHttpJsonOptions(options => Wire.Apply(options.SerializerOptions));
        foreach (var (_, prefix) in AgenciesSetup.All)
        {
            builder.Services.AddOpenApi(prefix, options => Contracts.Describe(options, prefix));
        }
        builder.Services.AddHttpClient(nameof(Calls), http => http.Timeout = TimeSpan.FromSeconds(10)).RemoveAllLoggers();
        builder.Services.AddSingleton(new SandboxClock(real ?? TimeProvider.System));
        builder.Services.AddSingleton(provider =>
        {
            var data = provider.GetRequiredService<IConfiguration>()["data"] ?? "var/sandbox";
            if (data != ":memory:")
            {
                Directory.CreateDirectory(data);
            }
            return new Store(data == ":memory:" ? data : Path.Combine(data, "sandbox.db"));
        });
        builder.Services.AddSingleton(provider =>
        {
            var configuration = provider.GetRequiredService<IConfiguration>();
            LocalDate? origin = configuration["origin"] is { } day ? LocalDatePattern.Iso.Parse(day).GetValueOrThrow() : null;
            return new World(provider.GetRequiredService<Store>(), provider.GetRequiredService<SandboxClock>(), configuration["seed"] ?? "muqeem", origin);
        });
        builder.Services.AddSingleton<Knobs>();
        builder.Services.AddSingleton<Album>();
        builder.Services.AddSingleton<Notices>();
        builder.Services.AddSingleton<Bank>();
        builder.Services.AddSingleton<Inbox>();
        builder.Services.AddSingleton<Crossings>();
        builder.Services.AddSingleton<RecordChanges>();
        builder.Services.AddSingleton<ContestedRecords>();
        builder.Services.AddSingleton<Holdings>();
        builder.Services.AddSingleton<NationalApp>();
        builder.Services.AddHttpClient(nameof(NationalWallet), http => http.Timeout = TimeSpan.FromSeconds(10)).RemoveAllLoggers();
        builder.Services.AddSingleton<NationalWallet>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<NationalWallet>());
        builder.Services.AddSingleton<Post>();
        builder.Services.AddHostedService<PostRounds>();
        builder.Services.AddSingleton<EventsReceived>();
        builder.Services.AddSingleton<StandInKeys>();
        builder.Services.AddSingleton<Consumers>();
        builder.Services.AddSingleton<ReplayGuard>();
        builder.Services.AddSingleton<Calls>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<Calls>());

        var app = builder.Build();
        app.Use(async (context, next) =>
        {
            // No script, nothing from elsewhere: a message shown here cannot act.
            context.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            await next(context);
        });
        app.UseMiddleware<Envelope>();
        Registers.Map(app);
        Work.Map(app);
        PaymentsOf.Map(app);
        MessagingOf.Map(app);
        ContestsOf.Map(app);
        HoldingsOf.Map(app);
        NationalAppOf.Map(app);
        NationalWalletOf.Map(app);
        EventsOf.Map(app);
        PeopleDesk.Map(app);
        InboxDesk.Map(app);
        BankDesk.Map(app);
        BorderDesk.Map(app);
        EmployerDesk.Map(app);
        ContestDesk.Map(app);
        PhoneDesk.Map(app);
        WalletDesk.Map(app);
        PostDesk.Map(app);
        OperationsDesk.Map(app);
        app.MapOpenApi("/openapi/{documentName}.json");
        return app;
    }
}
