using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>Finds the environment (log, seed, component catalog) behind a catalog.</summary>
internal static class CatalogEnvironment
{
    internal static IHostEnvironment Of(TrainCatalogBase.CatalogInstantiatorBase trainers) =>
        MLNetInternals.Use("TrainCatalogBase.Environment (create the estimator from the MLContext instead, by the extension of the same name)", () => Environment(Owner(trainers)));

    internal static IHostEnvironment Of(TransformsCatalog.TextTransforms transforms) =>
        MLNetInternals.Use("TextTransforms._env (create the estimator from the MLContext instead, by the extension of the same name)", () => EnvironmentField(transforms));

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Owner")]
    private static extern TrainCatalogBase Owner(TrainCatalogBase.CatalogInstantiatorBase trainers);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Environment")]
    private static extern IHostEnvironment Environment(TrainCatalogBase catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_env")]
    private static extern ref readonly IHostEnvironment EnvironmentField(TransformsCatalog.TextTransforms catalog);
}
