namespace MLNet.Dispersion.Tests;

/// <summary>All reference tests of an assembly, so that their report is written once, when the last of them is done.</summary>
[CollectionDefinition(Name)]
public sealed class ReferenceCollection : ICollectionFixture<ReferenceCollection.Report>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "Reference";

    /// <summary>Writes the report at the end.</summary>
    public sealed class Report : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => ReferenceReport.OfAssembly.Write();
    }
}
