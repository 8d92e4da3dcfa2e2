using System.Runtime.CompilerServices;

[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]

namespace System.Runtime.CompilerServices;

/// <summary>
/// Lets this assembly use the internal types of another one at run time; the runtime knows the attribute by its name. Here
/// it is for the attribute (LoadableClass, beside each loader) by which <c>MLContext.Model.Load</c> finds a transformer's loader, which ML.NET keeps to itself:
/// without it, reflection would silently hide that attribute.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    /// <summary>Gets the simple name of the assembly whose access checks are ignored.</summary>
    public string AssemblyName { get; } = assemblyName;
}
