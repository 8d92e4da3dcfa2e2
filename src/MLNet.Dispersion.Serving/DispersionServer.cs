using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using MLNet.Dispersion.Serving;

namespace MLNet.Dispersion;

/// <summary>Makes a whole web application that serves one model.</summary>
/// <example>
/// <code>
/// using MLNet.Dispersion;
///
/// await using var server = DispersionServer.Create(new ServingOptions { ModelPath = "model.zip" });
/// await server.RunAsync();   // until Ctrl+C; what was accepted is finished
/// </code>
/// </example>
public static class DispersionServer
{
    /// <summary>Loads the model and makes the application, which listens where the options say once it is started.</summary>
    /// <remarks>The application owns the model: dispose it. Settings of ASP.NET Core from files and the environment have no say in where it listens.</remarks>
    /// <param name="options">What to serve and how; copied.</param>
    /// <param name="configure">Adds services, such as OpenTelemetry, or other loggers, before the application is built; null for nothing.</param>
    /// <returns>The application, not yet started.</returns>
    /// <exception cref="ArgumentException">An option is outside its range, or the server would be open to everybody; the message names it and the cure.</exception>
    /// <exception cref="ModelFileException">The model's files are missing or damaged, or they hold nothing that can be served.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load, or the device is not available.</exception>
    public static WebApplication Create(ServingOptions options, Action<WebApplicationBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ServingOptions own = options.Clone();
        own.Validate();
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = typeof(DispersionServer).Assembly.GetName().Name });
        builder.WebHost.UseSetting(WebHostDefaults.PreferHostingUrlsKey, "false");
        builder.WebHost.ConfigureKestrel(kestrel => Listening.At(kestrel, own));
        configure?.Invoke(builder);
        builder.Services.AddDispersionServing(own);
        WebApplication app = builder.Build();
        try
        {
            app.MapDispersion();
            return app;
        }
        catch
        {
            ((IDisposable)app).Dispose();
            throw;
        }
    }
}
