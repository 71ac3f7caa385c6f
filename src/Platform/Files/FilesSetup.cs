using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Muqeem.Platform.Background;
using Muqeem.Platform.Database;
using Muqeem.Platform.Drawing;
using Muqeem.Platform.Files.Media;
using Muqeem.Platform.Folder;
using Muqeem.Platform.Privacy;
using NodaTime;

namespace Muqeem.Platform.Files;

/// <summary>Registers uploads, the reading of pictures and the drawing of sheets. After AddPrivacy and AddBackground.</summary>
public static class FilesSetup
{
    public static IServiceCollection AddFiles(this IServiceCollection services)
    {
        services.AddSingleton(p => new MediaChild(p.GetRequiredService<ILogger<MediaChild>>()));
        services.AddSingleton(p => new Uploads(p.GetRequiredService<Db>(), p.GetRequiredService<Sealer>(), p.GetRequiredService<ReadDoor>(), p.GetRequiredService<BlindIndex>(),
            p.GetRequiredService<DataFolder>(), p.GetRequiredService<MediaChild>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new PictureReader(p.GetRequiredService<MediaChild>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new Drawings(p.GetRequiredService<MediaChild>()));
        services.AddWork(p => p.GetRequiredService<Jobs>().Daily("uploads.clean", new LocalTime(3, 40), p.GetRequiredService<Uploads>().CleanAsync));
        // A form's file stays in memory: the framework would else put somebody's passport in clear into a temporary file. What is larger than
        // the limit is refused while it arrives.
        services.Configure<FormOptions>(o =>
        {
            o.MemoryBufferThreshold = UploadRule.Document.MostBytes + (64 * 1024);
            o.MultipartBodyLengthLimit = UploadRule.Document.MostBytes + (64 * 1024);
        });
        return services;
    }
}
