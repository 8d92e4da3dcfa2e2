using Microsoft.ML;
using Microsoft.ML.Data;
using Parquet.Serialization;

namespace MLNet.Dispersion.Tool.Tests;

public sealed class RowFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Csv_has_quotes_with_commas_line_breaks_and_quotes_in_them()
    {
        RowTable table = RowFile.Read(_folder.Write("a.csv", "\uFEFFlabel,text", "x,\"one, two\"", "", "y,\"says \"\"no\"\"", "and more\"", "z,", ",\"\""));

        Assert.Equal(["x", "y", "z", null], table["label"].Texts);
        Assert.Equal(["one, two", "says \"no\"\nand more", null, null], table["text"].Texts);
        Assert.EndsWith("line 4", table.Place(1), StringComparison.Ordinal);
        Assert.EndsWith("line 6", table.Place(2), StringComparison.Ordinal);
    }

    [Fact]
    public void Tsv_takes_quotes_as_they_stand() =>
        Assert.Equal(["\"quoted", "a, b"], RowFile.Read(_folder.Write("a.tsv", "label\ttext", "x\t\"quoted", "y\ta, b"))["text"].Texts);

    [Fact]
    public void Rows_of_other_lengths_are_named_by_line()
    {
        var error = Assert.Throws<ToolException>(() => RowFile.Read(_folder.Write("a.csv", "label,text", "x,one", "y,two,three", "z")));

        Assert.Contains("line 3 has 3, line 4 has 1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.csv", "label,", "column 2 has no name")]
    [InlineData("a.csv", "text,text", "two columns are called 'text'")]
    [InlineData("a.csv", "", "is empty")]
    [InlineData("a.csv", "text", "has no rows")]
    [InlineData("a.xlsx", "text", "rows are read from")]
    [InlineData("a.jsonl", "{\"a\": 1", "line 1: no JSON")]
    [InlineData("a.jsonl", "[1]", "one JSON object is expected")]
    [InlineData("a.jsonl", "{\"a\": 1, \"a\": 2}", "line 1: no JSON")]
    [InlineData("a.parquet", "PAR1", "cannot be read as Parquet")]
    public void Damaged_files_are_refused(string name, string line, string expected) =>
        Assert.Contains(expected, Assert.Throws<ToolException>(() => RowFile.Read(_folder.Write(name, line))).Message, StringComparison.Ordinal);

    [Fact]
    public void An_open_quote_is_refused_by_its_line() => Assert.Contains(
        "line 2: a quote is opened", Assert.Throws<ToolException>(() => RowFile.Read(_folder.Write("a.csv", "text", "\"one", "two"))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_quoted_field_that_goes_on_behind_its_quote_is_refused_by_its_line() => Assert.Contains(
        "line 3: behind a closing quote", Assert.Throws<ToolException>(() => RowFile.Read(_folder.Write("a.csv", "text", "one", "\"two\" three"))).Message, StringComparison.Ordinal);

    [Fact]
    public void Quotes_within_a_field_without_quotes_stand_for_themselves() =>
        Assert.Equal(["5\" pipe", "he said \"no\""], RowFile.Read(_folder.Write("a.csv", "text", "5\" pipe", "he said \"no\""))["text"].Texts);

    [Fact]
    public void Other_encodings_are_refused()
    {
        string path = _folder.File("a.csv");
        File.WriteAllBytes(path, [.. "text\nf"u8, 0xFC, .. "r\n"u8]);

        Assert.Contains("not UTF-8", Assert.Throws<ToolException>(() => RowFile.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_are_what_all_their_cells_can_be_read_as()
    {
        RowTable table = RowFile.Read(_folder.Write("a.csv", "number,truth,code,text", "1e-3,true,01,x", ",False,22,1"));

        Assert.Equal([RowKind.Number, RowKind.Boolean, RowKind.Text, RowKind.Text], table.Columns.Select(column => column.Kind));
        IDataView data = table.ToDataView();
        Assert.Equal([1e-3, double.NaN], data.GetColumn<double>("number"));
        Assert.Equal([true, false], data.GetColumn<bool>("truth"));
        Assert.Equal(["01", "22"], data.GetColumn<string>("code"));
    }

    [Fact]
    public void Json_lines_may_lack_fields_and_have_lists()
    {
        RowTable table = RowFile.Read(_folder.Write("a.jsonl", """{"text": "a", "labels": ["x", "y"], "deep": {"b": 1}}""", "", """{"text": null, "n": 2}"""));

        Assert.Equal(["a", null], table["text"].Texts);
        Assert.Equal([null, "2"], table["n"].Texts);
        Assert.Equal([["x", "y"], null], table["labels"].Lists!);
        Assert.Contains("'deep' holds values with fields of their own", Assert.Throws<ToolException>(() => table["deep"]).Message, StringComparison.Ordinal);
        Assert.Contains("has no column 'other'", Assert.Throws<ToolException>(() => table["other"]).Message, StringComparison.Ordinal);
        Assert.EndsWith("line 3", table.Place(1), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parquet_is_read_with_its_lists_and_numbers()
    {
        string path = _folder.File("a.parquet");
        await using (FileStream stream = File.Create(path))
        {
            await ParquetSerializer.SerializeAsync([new ParquetRow("a", 0.5, true, ["x", "y"], [1]), new ParquetRow("b", null, false, ["y"], [2])], stream);
        }

        RowTable table = RowFile.Read(path);

        Assert.Equal(["a", "b"], table["Text"].Texts);
        Assert.Equal(["0.5", null], table["Score"].Texts);
        Assert.Equal(RowKind.Boolean, table["Truth"].Kind);
        Assert.Equal([["x", "y"], ["y"]], table["Labels"].Lists!);
        Assert.Contains("'Bytes' holds bytes", Assert.Throws<ToolException>(() => table["Bytes"]).Message, StringComparison.Ordinal);
        Assert.EndsWith("row 2", table.Place(1), StringComparison.Ordinal);
    }

    private sealed record ParquetRow(string Text, double? Score, bool Truth, List<string> Labels, byte[] Bytes);
}
