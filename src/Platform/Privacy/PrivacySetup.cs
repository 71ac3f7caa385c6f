using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Muqeem.Kernel;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Keys;
using Muqeem.Platform.Policies;
using Muqeem.Platform.Writing;

namespace Muqeem.Platform.Privacy;

/// <summary>Registers the data folder, its clock, the keys, sealing and the read door. After AddDatabase.</summary>
public static class PrivacySetup
{
    public static IServiceCollection AddPrivacy(this IServiceCollection services, DataFolder folder, MovableClock clock, KeyStore keys)
    {
        services.AddSingleton(folder);
        services.AddSingleton(clock);
        services.AddSingleton<TimeProvider>(clock);
        services.AddSingleton(keys);
        services.AddHostedService<KeyUpkeep>();
        services.AddSingleton(p => new Rewrapping(p.GetRequiredService<Db>(), keys));
        services.AddSingleton<BlindIndex>();
        services.AddSingleton(p => KeysOf(p.GetRequiredService<Db>(), p.GetRequiredService<IWriter>(), keys, clock));
        services.AddHostedService<DataKeyUpkeep>();
        services.AddSingleton<AccessRecorder>();
        services.AddSingleton(p => new Sealer(p.GetRequiredService<DataKeys>()));
        services.AddSingleton(p => new ReadDoor(p.GetRequiredService<DataKeys>(), p.GetRequiredService<AccessRecorder>(), clock));
        services.AddSingleton<AccessLog>();
        services.AddSingleton(p => new Retention(p.GetRequiredService<Db>(), p.GetRequiredService<DataKeys>(), p.GetRequiredService<PolicyBook>(), p.GetServices<RetentionSource>(), clock, p.GetRequiredService<ILogger<Retention>>()));
        services.AddWork(p => p.GetRequiredService<Jobs>().Every(Retention.JobName, NodaTime.Duration.FromMinutes(1), (run, cancel) => p.GetRequiredService<Retention>().RoundAsync(run.WriteAsync, cancel)));
        return services.AddWebKeys(folder);
    }

    internal static DataKeys KeysOf(Db db, IWriter writer, KeyStore keys, TimeProvider clock) => new(keys, writer, (persons, @class, cancel) => FindAsync(db, persons, @class, cancel), clock);

    internal static AccessRecorder RecorderOf(Db _, IWriter writer) => new(writer);

    private static async Task<IReadOnlyList<StoredDataKey>> FindAsync(Db db, IReadOnlyCollection<PersonId> persons, RetentionClass? @class, CancellationToken cancel)
    {
        const string Columns = "SELECT person_id, class, wrapped, wrapped_by FROM keys.data_key WHERE ";
        var rows = persons.Count == 1 && @class is null
            ? await db.QueryAsync<Row>(Columns + "person_id = @person", new { person = persons.First().Value }, cancel)
            : await db.QueryAsync<Row>(Columns + "class = @class AND person_id = ANY(@persons)",
                new { @class = @class!.Value.ToString(), persons = persons.Select(p => p.Value).ToArray() }, cancel);
        return [.. rows.Select(r => new StoredDataKey(new PersonId(r.PersonId), Enum.Parse<RetentionClass>(r.Class), r.Wrapped, r.WrappedBy))];
    }

    private sealed record Row(Guid PersonId, string Class, byte[] Wrapped, string WrappedBy);
}
