using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MLNet.Dispersion.Serving;

namespace MLNet.Dispersion;

/// <summary>Puts the serving of a model into an application of one's own.</summary>
/// <example>
/// <code>
/// using Microsoft.AspNetCore.Builder;
/// using MLNet.Dispersion;
///
/// var builder = WebApplication.CreateBuilder();
/// builder.Services.AddDispersionServing(new ServingOptions { ModelPath = "model.zip" });
/// var app = builder.Build();
/// app.MapDispersion();
/// app.Run();
/// </code>
/// </example>
public static class DispersionServingExtensions
{
    /// <summary>Loads the model at once and adds it, its queues and what watches them. The application's container owns and disposes them.</summary>
    /// <remarks>
    /// <see cref="ServingOptions.Address"/> and <see cref="ServingOptions.Port"/> are <see cref="DispersionServer"/>'s: an application of one's own listens where it says itself. Requests that
    /// reach it at another address than the loopback are refused with 403 where there are neither keys nor <see cref="ServingOptions.AllowWithoutKeys"/>.
    /// </remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="options">What to serve and how; copied.</param>
    /// <returns><paramref name="services"/>.</returns>
    /// <exception cref="ArgumentException">An option is outside its range; the message names it and the cure.</exception>
    /// <exception cref="ModelFileException">The model's files are missing or damaged, or they hold nothing that can be served.</exception>
    /// <exception cref="TorchUnavailableException">The native library does not load, or the device is not available.</exception>
    public static IServiceCollection AddDispersionServing(this IServiceCollection services, ServingOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        ServingOptions own = options.Clone();
        own.Validate();

        // The container disposes the model behind the engines, which were made of it.
        var model = ServedModel.Load(own);
        services.AddSingleton(own);
        services.AddSingleton(_ => model);
        services.AddSingleton<ServingMetrics>();
        services.AddSingleton<Engines>();
        services.AddHostedService(provider => provider.GetRequiredService<Engines>());
        services.AddSingleton<Gate>();
        services.AddSingleton<StateEndpoints>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = own.ShutdownTimeout);
        return services;
    }

    /// <summary>Maps the endpoints: <c>/predict</c>, <c>/v1/models</c>, <c>/v1/embeddings</c>, <c>/v1/completions</c>, <c>/v1/chat/completions</c>, <c>/health</c>, <c>/ready</c> and, unless it is left out, the page at <c>/</c> with <c>/stats</c>.</summary>
    /// <param name="endpoints">The application, in whose services <see cref="AddDispersionServing"/> has put a model; or a group of its routes.</param>
    /// <returns>What all endpoints have in common, for further conventions.</returns>
    /// <exception cref="InvalidOperationException">There is no model among the services.</exception>
    public static IEndpointConventionBuilder MapDispersion(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        IServiceProvider services = endpoints.ServiceProvider;
        Engines engines = services.GetService<Engines>() ?? throw new InvalidOperationException("There is no model among the services: call builder.Services.AddDispersionServing(options) before the application is built.");
        Gate gate = services.GetRequiredService<Gate>();
        StateEndpoints state = services.GetRequiredService<StateEndpoints>();
        RouteGroupBuilder group = endpoints.MapGroup("");
        group.MapPost("/predict", gate.Guard("predict", new PredictEndpoint(engines, gate).Handle));
        group.MapPost("/v1/embeddings", gate.Guard("embeddings", new EmbeddingsEndpoint(engines, gate).Handle));
        group.MapPost("/v1/completions", gate.Guard("completions", new CompletionsEndpoint(engines, gate).Handle));
        group.MapPost("/v1/chat/completions", gate.Guard("chat", new ChatEndpoint(engines, gate).Handle));
        group.MapGet("/v1/models", gate.Guard("models", state.Models));
        group.MapGet("/v1/models/{id}", gate.Guard("models", state.OneModel));
        group.Map("/v1/{**rest}", gate.Guard("unknown", state.Unknown));
        group.MapGet("/health", gate.Guard("health", StateEndpoints.Health, isOpen: true));
        group.MapGet("/ready", gate.Guard("ready", state.Ready, isOpen: true));
        if (engines.Options.ShowPage)
        {
            group.MapGet("/", gate.Guard("page", StateEndpoints.ShowPage, isOpen: true));
            group.MapGet("/stats", gate.Guard("stats", state.Stats));
        }

        return group;
    }
}
