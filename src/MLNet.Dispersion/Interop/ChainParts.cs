using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNet.Dispersion;

/// <summary>One estimator of a chain.</summary>
/// <param name="Estimator">The estimator.</param>
/// <param name="Scope">In which chains of transformers what it is fitted to takes part.</param>
/// <param name="CacheIn">The environment in which data behind it are cached; null where they are not.</param>
internal sealed record ChainPart(IEstimator<ITransformer> Estimator, TransformerScope Scope, IHostEnvironment? CacheIn);

/// <summary>Looks into chains of estimators, whose parts ML.NET keeps to itself.</summary>
internal static class ChainParts
{
    /// <summary>The parts of a chain, in order; null of any other estimator.</summary>
    /// <exception cref="NotSupportedException">This version of ML.NET keeps them elsewhere.</exception>
    internal static IReadOnlyList<ChainPart>? Of(IEstimator<ITransformer> estimator)
    {
        Type type = estimator.GetType();
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(EstimatorChain<>))
        {
            return null;
        }

        var estimators = Field<IEstimator<ITransformer>[]>("_estimators");
        var scopes = Field<TransformerScope[]>("_scopes");
        var cached = Field<bool[]>("_needCacheAfter");
        var host = Field<IHostEnvironment?>("_host");
        return [.. estimators.Select((one, i) => new ChainPart(one, scopes[i], cached[i] ? host : null))];

        T Field<T>(string name)
        {
            string member = $"EstimatorChain.{name}";
            FieldInfo field = type.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic) ?? throw MLNetInternals.Unsupported(member);
            return field.GetValue(estimator) is var value && (value is T || default(T) is null) ? (T)value! : throw MLNetInternals.Unsupported(member);
        }
    }
}
