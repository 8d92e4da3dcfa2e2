#pragma warning disable CA1051, CA1822, CA1823, CA1852, CA1812, CS0169, CS0649, IDE0044, IDE0051, IDE0130 // unused on purpose: only their visibility matters
namespace MLNet.Dispersion.Build.Tests
{
    /// <summary>One member of each visibility.</summary>
    internal class PubliciseSample
    {
        internal int InternalField;

        internal PubliciseSample(int value) => InternalField = value;

        internal int InternalProperty { get; set; }

        internal int InternalMethod() => PrivateMethod();

        protected internal void ProtectedInternalMethod()
        {
        }

        protected void ProtectedMethod()
        {
        }

        private protected void PrivateProtectedMethod()
        {
        }

        private int PrivateMethod() => InternalField + 1;

        internal sealed class InternalNested;

        protected internal sealed class ProtectedInternalNested;

        private sealed class PrivateNested;
    }
}

namespace System.Sample
{
    /// <summary>Stands for a type of the framework that an assembly brings along.</summary>
    internal sealed class PubliciseFrameworkSample;
}
