using System.Runtime.CompilerServices;
using Microsoft.ML;

namespace MLNet.Dispersion.Tests.Support;

/// <summary>Cancels a context, as AutoML does when its time is up; ML.NET keeps the method to itself.</summary>
internal static class ContextCancellation
{
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "CancelExecution")]
    internal static extern void Cancel(MLContext context);
}
