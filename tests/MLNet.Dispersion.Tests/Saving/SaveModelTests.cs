using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNet.Dispersion.Tests.Saving;

/// <summary>A model file is replaced whole or not at all.</summary>
public sealed class SaveModelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlnet-dispersion-save-model-").FullName;
    private readonly MLContext _ml = new(seed: 1);

    private string Zip => Path.Combine(_folder, "new", "model.zip");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void SaveModel_NewFileAndOver_LoadsAsMLNetsOwn()
    {
        IDataView data = _ml.Data.LoadFromEnumerable([new Row { Text = "a b" }]);
        ITransformer model = _ml.Transforms.Text.FeaturizeText("Features", nameof(Row.Text)).Fit(data);

        _ml.Dispersion().SaveModel(model, data.Schema, Zip);
        _ml.Dispersion().SaveModel(model, data.Schema, Zip);

        ITransformer again = _ml.Model.Load(Zip, out DataViewSchema schema);
        Assert.Equal(data.Schema.Select(column => column.Name), schema.Select(column => column.Name));
        Assert.Equal(model.GetOutputSchema(data.Schema).Count, again.GetOutputSchema(data.Schema).Count);
        Assert.Equal([Zip], Directory.GetFileSystemEntries(Path.GetDirectoryName(Zip)!));
    }

    [Fact]
    public void SaveModel_Fails_LeavesTheFormerFile()
    {
        IDataView data = _ml.Data.LoadFromEnumerable([new Row { Text = "a b" }]);
        Directory.CreateDirectory(Path.GetDirectoryName(Zip)!);
        File.WriteAllText(Zip, "former");

        Assert.ThrowsAny<Exception>(() => _ml.Dispersion().SaveModel(new Unsavable(), data.Schema, Zip));

        Assert.Equal("former", File.ReadAllText(Zip));
        Assert.Equal([Zip], Directory.GetFileSystemEntries(Path.GetDirectoryName(Zip)!));
        Assert.Throws<ModelFileException>(() => _ml.Dispersion().SaveModel(new Unsavable(), data.Schema, _folder));
        Assert.Throws<ModelFileException>(() => _ml.Dispersion().SaveModel(new Unsavable(), data.Schema, Path.Combine(Zip, "model.zip")));
    }

    private sealed class Row
    {
        public string Text { get; set; } = "";
    }

    private sealed class Unsavable : ITransformer
    {
        public bool IsRowToRowMapper => false;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inputSchema;

        public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => throw new NotSupportedException();

        public void Save(ModelSaveContext ctx) => throw new IOException("There is no space left on the device.");

        public IDataView Transform(IDataView input) => input;
    }
}
