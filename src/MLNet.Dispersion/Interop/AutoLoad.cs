using System.Runtime.CompilerServices;
using Microsoft.ML;
using MLNet.Dispersion;

[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: LoadableClass(typeof(ITransformer), typeof(ModelLoader.Classifier), null, typeof(SignatureLoadModel), "", ModelFormat.ClassifierLoader)]
[assembly: LoadableClass(typeof(ITransformer), typeof(ModelLoader.Regression), null, typeof(SignatureLoadModel), "", ModelFormat.RegressionLoader)]
[assembly: LoadableClass(typeof(ITransformer), typeof(ModelLoader.Geometry), null, typeof(SignatureLoadModel), "", ModelFormat.GeometryLoader)]
[assembly: LoadableClass(typeof(ITransformer), typeof(ModelLoader.LanguageModel), null, typeof(SignatureLoadModel), "", ModelFormat.LanguageModelLoader)]

namespace System.Runtime.CompilerServices;

/// <summary>
/// Lets this assembly use the internal types of another one at run time; the runtime knows the attribute by its name. Here
/// it is for the attribute by which <c>MLContext.Model.Load</c> finds a transformer's loader, which ML.NET keeps to itself:
/// without it, reflection would silently hide that attribute.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    /// <summary>The simple name of the assembly whose access checks are ignored.</summary>
    public string AssemblyName { get; } = assemblyName;
}
